// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/balance_options.hpp>
#include <copg/manager/balanced_member.hpp>

#include <memory>
#include <source_location>
#include <vector>

namespace copg {

namespace detail {
class balance_state;
}

/// Several databases that hold the same, used as one: each statement goes to one of them.
///
///     copg::balanced const reads{{first, {second, 2}}};
///     auto users = co_await reads.fetch<user>("select id, name from users");
///
/// Unhealthy members are left out (see balanced_member); when all are, balance_options decides. A
/// statement that got no connection from its member (it cannot be reached, refuses the connection,
/// or its pool is closed: nothing was executed for certain) goes to the next one, to each member
/// once at most; the last failure is thrown. How long a member may take to say that it is away is
/// its pool's: with the default, `retry.attempts` 0, the whole acquire_timeout; with 1, until the
/// first attempt has failed. A member that is merely busy is waited for (errc::acquire_timeout,
/// queue_full), and what was sent is never sent again.
///
/// Inside a transaction scope of a member, every statement joins that scope. A transaction of its
/// own has one member: `transaction(reads.next(), body)`.
///
/// A balanced object is a handle: copies share members, turns and counts. Nothing keeps the event
/// loop running but the members' pools. Thread safety: every function may be called from any
/// thread, on shared objects too. Cancellation: as of what runs at the time, a wait for a
/// connection or a statement; nothing is tried again after it.
class COPG_API balanced : public query_functions<balanced> {
public:
    /// @param members  may be none: every operation then fails with errc::no_member_available
    explicit balanced(std::vector<balanced_member> members, balance_options const& options = {});

    /// The member whose turn it is. No I/O.
    /// @throws error errc::no_member_available
    database next() const;

    /// Runs one statement; the functions of query_functions come down to this.
    /// @throws error errc::no_member_available; as database::run
    asio::awaitable<result> run(statement statement) const;

    /// For the functions of query_functions.
    asio::awaitable<detail::bound_connection> bind() const;

    /// Leases a connection of a member. @throws error errc::no_member_available; as
    /// database::acquire
    asio::awaitable<lease>
    acquire(std::source_location where = std::source_location::current()) const;

    /// In the order of the members.
    std::vector<balanced_member_statistics> statistics() const;

    /// For copg's own layers.
    explicit balanced(std::shared_ptr<detail::balance_state> state) noexcept;

private:
    std::shared_ptr<detail::balance_state> state_;
};

} // namespace copg
