// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/connect_options.hpp>
#include <copg/pool/lease.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace copg::testing {

/// What a leak_probe looks at beyond what it always looks at.
class COPG_API leak_probe_options {
public:
    leak_probe_options() = default;

    /// A setting that the server does not list: one of the application's own, `app.user`. Where it
    /// is an empty text, it counts as not set, since PostgreSQL has no way back from there.
    leak_probe_options& setting(std::string name);

    /// Whether lastval() must fail as on a fresh connection; true by default. Turn it off for pools
    /// with reset_policy::standard, which does not see what an INSERT draws from a sequence.
    leak_probe_options& sequences(bool value) noexcept;

    std::vector<std::string> const& settings() const noexcept { return settings_; }
    bool sequences() const noexcept { return sequences_; }

private:
    std::vector<std::string> settings_;
    bool sequences_ = true;
};

/// Compares a lease with a fresh connection of the same target: whether a former borrower's session
/// state can be met there. For tests of applications on their pools.
///
/// Compared are: every setting of the server (a reload of its configuration needs a new probe), the
/// user and the session's user, an open transaction, temporary objects, advisory locks, channels,
/// cursors, statements prepared by SQL, lastval(). Not compared, since the server does not tell:
/// loaded libraries, the seed of random(), what extensions keep (connections of dblink …).
///
/// Thread safety: distinct and shared objects are safe; copies share one immutable value.
class COPG_API leak_probe {
public:
    /// Connects, records what a fresh connection looks like, and closes it.
    /// @param target  that of the pool
    /// @throws as connection::connect and query_functions
    static asio::awaitable<leak_probe> make(connect_options target,
                                            leak_probe_options options = {});

    /// One sentence for each difference; empty when the lease looks like a fresh connection.
    ///
    /// Only reads, in about ten statements, each in its own round trip; nothing of it is a mark for
    /// reset_policy::standard, and an open transaction stays as it is. As every first statement of
    /// a lease, the first of them has a pending reset in front, if one is due. In an open
    /// transaction lastval() is left out, since asking would break it; in a failed one nothing can
    /// be asked: the only sentence tells that.
    /// @param held  bound to no session, which would show as a difference
    /// @throws error errc::invalid_session when it is bound to one; as query_functions
    asio::awaitable<std::vector<std::string>> differences(lease const& held) const;

private:
    struct record;
    explicit leak_probe(std::shared_ptr<record const> fresh) noexcept;

    std::shared_ptr<record const> fresh_;
};

} // namespace copg::testing
