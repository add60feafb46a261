// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/health_options.hpp>
#include <copg/manager/health_status.hpp>
#include <copg/pool/pool.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace copg {

namespace detail {
class health_owner;
}

/// Watches one pool: asks its server for a sign of life now and then.
///
/// Each check makes a connection of its own to the pool's current target, after the pool's
/// before_connect hook, runs `select 1` and closes it. So a pool whose connections are all in use
/// is not unhealthy, and a database that hangs delays the checks of no other. The observer of the
/// target is told of the connects as of any other, and of changes by observer::on_health.
///
/// - unknown: before the first check.
/// - healthy: the last check succeeded.
/// - degraded: it was slow; the server has no room for a connection (53300) or is starting up
///   (57P03), however often; or it failed, and fewer than `unhealthy_after` did so in a row.
/// - unhealthy: `unhealthy_after` checks or more failed in a row.
/// - disconnected: the pool is closed, for good.
///
/// An outage begins when a check does not reach the server, or when the pool becomes unhealthy, and
/// ends with the next success. Then the pool's connections are replaced, once, if `auto_reconnect`
/// says so: as pool::refresh(), leases stay usable until they are given back.
///
/// A pool_health is a handle: copies share the watch, the last one ends it, and a check that is
/// under way. It does not keep the pool open, nor the event loop running but during a check: the
/// time between two checks passes on a thread of the library. When nothing else keeps the loop
/// running, a check that is due waits for its next run.
///
/// Thread safety: every function, the destructor too, may be called from any thread, on shared
/// objects too. Lifetime: the context of the pool's executor must outlive it.
class COPG_API pool_health {
public:
    /// @throws error errc::invalid_configuration naming every problem of the options
    explicit pool_health(pool const& watched, health_options const& options = {});

    /// What is known. Does not wait.
    health_status status() const;

    /// Checks now, and gives what is known then; a check that fails is no exception. Joins a check
    /// that is under way.
    /// Cancellation (any type): the wait ends with operation_aborted; the check goes on, within
    /// its timeout, and counts.
    /// @throws error errc::pool_closed, also when the pool is closed meanwhile
    asio::awaitable<health_status> check() const;

    health_options const& options() const noexcept;

    friend bool operator==(pool_health const& a, pool_health const& b) noexcept {
        return a.owner_ == b.owner_;
    }

private:
    std::shared_ptr<detail::health_owner> owner_;
};

} // namespace copg
