// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/connect_options.hpp>
#include <copg/manager/balanced.hpp>
#include <copg/manager/replica_options.hpp>
#include <copg/manager/replica_status.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <vector>

namespace copg {

namespace detail {
class replica_owner;
}

/// A primary and its standbys as one database: writes and transactions go to the primary, which is
/// found again after a failover, reads to the standbys.
///
///     copg::replica_set const set{executor, "host=a,b,c user=app dbname=shop"};
///     co_await set.primary().execute("insert into item values ($1)", 1);
///     auto items = co_await set.reads().fetch<item>("select * from item");
///
/// One pool leads to the primary: it connects to whichever node takes writes
/// (`target_session_attrs=read-write`). One further pool for each node serves reads, and one
/// connection for each node is kept to ask what the node is. Nothing is decided here that the
/// servers do not say: who promotes a standby, and sees to it that the old primary takes no more
/// writes, is somebody else.
///
/// A replica_set object is a handle: copies, and what primary() and reads() return, share the set
/// and keep it; with the last of them the checks end and the pools close. Until then, or until
/// close(), the checks keep the event loop running. Thread safety: every function may be called
/// from any thread, on shared objects too. Lifetime: the executor's context must outlive the set.
class COPG_API replica_set {
public:
    /// Makes the set and starts its first check; reads go to the primary until that has ended (for
    /// certainty: await check()).
    /// @param nodes     names all hosts, as libpq has it; target_session_attrs in it is replaced.
    ///                  Parameters for the pool in it count
    /// @param bound_to  what statements and transactions see
    /// @param pools     of each pool; those for reads hear at once that their node is away
    ///                  (retry.attempts 1) unless these options say otherwise
    /// @throws error errc::invalid_dsn; errc::invalid_configuration, also when the hosts stand in a
    ///         service file, which is read only when connecting
    replica_set(asio::any_io_executor const& executor,
                connect_options const& nodes,
                session const& bound_to = {},
                pool_options const& pools = {},
                replica_options const& options = {});

    /// The primary, whichever node that is; stays valid across failovers. It has a scope key of its
    /// own: `transaction(set.primary(), body)`. A write that a node refuses as read-only (25006)
    /// makes the set ask the pool's connections, and leave that node if it does not take writes any
    /// more; the write itself fails, since only the caller knows whether to do it again.
    database primary() const;

    /// The standbys that answer and are not too far behind, each statement at one of them; the
    /// primary when there is none (replica_options::read_from_primary). What was just written may
    /// not be there yet. Inside a transaction scope of primary(), reads join that, and so see what
    /// it has written.
    balanced reads() const;

    /// What the last checks found, in the order of the hosts.
    std::vector<replica_status> status() const;

    /// Checks all nodes now, and returns when that is done; a node that cannot be reached is no
    /// error. Cancellation: not heeded, check_timeout bounds it.
    asio::awaitable<void> check() const;

    /// Ends the checks and closes every pool: statements end with errc::pool_closed, reads with
    /// errc::no_member_available or that. Does nothing the second time.
    void close() const noexcept;

private:
    std::shared_ptr<detail::replica_owner> owner_;
};

} // namespace copg
