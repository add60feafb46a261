// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>
#include <copg/base/retry_policy.hpp>
#include <copg/driver/reset_policy.hpp>
#include <copg/pool/pool_hooks.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace copg {

class connection_budget;

/// How many connections a pool holds, for how long, and how it shares them out.
struct COPG_API pool_options {
    pool_options();
    pool_options(pool_options const&);
    pool_options(pool_options&&) noexcept;
    pool_options& operator=(pool_options const&);
    pool_options& operator=(pool_options&&) noexcept;
    ~pool_options();

    // How many.

    /// Connections kept open in the background; 0 by default.
    std::size_t minimum = 0;

    /// Most connections open at any time, those being made or closed included; at least 1, 10 by
    /// default.
    std::size_t maximum = 10;

    /// Most connections kept while nobody uses them; 0 keeps none. Not set: as many as there are.
    std::optional<std::size_t> maximum_idle;

    /// Most connections being made at the same time; at least 1, 4 by default.
    std::size_t connect_concurrency = 4;

    /// Bounds the connections of several pools together; none by default.
    std::shared_ptr<connection_budget> budget;

    /// Connections of the budget that this pool can always have; 0 by default.
    std::size_t budget_minimum = 0;

    // For how long.

    /// Connections that nobody needed for this long are closed, down to the minimum: as many as
    /// were idle all the time. 0 for never. Not set: 30 min, or the lifetime if that is shorter.
    std::optional<std::chrono::milliseconds> idle_time;

    /// A connection is replaced after this time, when nobody uses it; 1 h by default, 0 for never.
    std::chrono::milliseconds lifetime{std::chrono::hours{1}};

    /// The part of the lifetime that is taken off at random, once for each connection, so that
    /// those that were made together are not replaced together; from 0 to 1, 0.1 by default.
    double lifetime_jitter = 0.1;

    /// A connection that was idle for this long is asked for a sign of life, since a network can
    /// swallow connections silently; 30 s by default, 0 for never. A connection that the server or
    /// the network ends is noticed at once in any case.
    std::chrono::milliseconds health_interval{30'000};

    /// Upper bound of an attempt to connect, over all hosts, each of which gets its part; 0 for
    /// none. Not set: those of the connect_options.
    std::optional<std::chrono::milliseconds> connect_timeout;

    /// Time limit of each statement that does not have its own; 0 for none. Not set: that of the
    /// connect_options.
    std::optional<std::chrono::milliseconds> query_timeout;

    /// When an attempt to connect that failed is repeated: by one attempt at a time until the
    /// server answers again, then by ever more. After `attempts` failures in a row callers are told
    /// at once, as long as there is no connection; by default (0) they wait for their
    /// acquire_timeout. What retrying cannot cure (credentials, an unknown database) they hear at
    /// once in any case. The delays are 100 ms, 200 ms … at most 5 s by default.
    retry_policy retry;

    /// Whether callers hear of the first failure to connect, whatever it is, as long as the pool
    /// has never had a connection: a wrong address is an error at once then, not after
    /// acquire_timeout. With retry.attempts it is the last of these attempts. False by default; a
    /// manager's pools are made with true.
    bool verify_first = false;

    // Who gets one.

    /// Upper bound of the wait for a connection; 30 s by default, 0 for none.
    std::chrono::milliseconds acquire_timeout{30'000};

    /// Most coroutines that wait; a further one fails at once with errc::queue_full. 0, the
    /// default: no bound.
    std::size_t wait_queue_limit = 0;

    /// How many times in a row a connection serves one tenant while others wait; at least 1, 8 by
    /// default. A tenant here is what session::fairness_key() says.
    std::size_t fairness_quantum = 8;

    /// A tenant's share under load, as a multiple of that of a tenant that is not named here; each
    /// at least 1.
    std::map<std::string, std::size_t, std::less<>> tenant_weights;

    /// Most connections that one tenant uses at the same time; 0, the default: no bound.
    std::size_t tenant_maximum = 0;

    /// The same for single tenants.
    std::map<std::string, std::size_t, std::less<>> tenant_maxima;

    // What happens to a connection on the way.

    /// When what a borrower left behind is removed.
    reset_policy reset = reset_policy::standard;

    /// The application's own steps; none by default.
    pool_hooks hooks;

    /// Upper bound of each call of a hook; 5 s by default, 0 for none.
    std::chrono::milliseconds hook_timeout{5'000};

    /// A lease that is held for longer is reported once to observer::on_long_lease; 0, the default:
    /// none is.
    std::chrono::milliseconds leak_threshold{0};

    /// All that is wrong, one sentence each; empty when nothing is.
    std::vector<std::string> problems() const;

    /// The same options. @throws error errc::invalid_configuration naming every problem
    pool_options const& checked() const;
};

} // namespace copg
