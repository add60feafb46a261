// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/connect_options.hpp>
#include <copg/pool/acquire_error.hpp>
#include <copg/pool/lease.hpp>
#include <copg/pool/lease_info.hpp>
#include <copg/pool/pool_load.hpp>
#include <copg/pool/pool_options.hpp>
#include <copg/pool/pool_statistics.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <source_location>
#include <vector>

namespace copg {

namespace detail {
class pool_impl;
class pool_owner;
} // namespace detail

/// A pool of connections to one target, shared by every tenant of that target.
///
/// A pool object is a handle: copies share the pool, and the last one closes it. Leases that are
/// out then stay usable until they are given back. A pool keeps its event loop running for as long
/// as it has connections, makes some or has waiters.
///
/// Thread safety: every function may be called from any thread and any coroutine, on shared objects
/// too. Lifetime: the executor's context must outlive the pool and its leases.
class COPG_API pool {
public:
    /// Makes a pool; no connection is made before the minimum or the first acquire asks for one.
    /// @param executor  where the connections' I/O runs; may belong to several threads
    /// @throws error errc::invalid_configuration naming every problem of the options
    pool(asio::any_io_executor executor, connect_options target, pool_options const& options = {});

    /// Leases a connection whose statements will see `bound_to`.
    ///
    /// Returns at once when a connection is idle: no allocation but the coroutine's frame, no
    /// detour over the event loop. Preferred are the connection that served the same session last,
    /// then the session's home among the connections, then one that needs no reset. Otherwise it
    /// waits for a connection that is given back or made, whichever comes first: first come first
    /// served within a tenant (session::fairness_key()), by weight between tenants.
    /// Cancellation (terminal, partial, total): the wait ends with operation_aborted and nothing
    /// else changes; a connection attempt that has been started goes on and serves the next waiter.
    /// @param timeout  upper bound of the wait; the pool's acquire_timeout by default, 0 for no
    /// bound, negative: it does not wait at all
    /// @param where    for messages and lease_info
    /// @throws acquire_error errc::acquire_timeout when every connection stayed in use;
    ///         errc::connect_failed when there is no connection at all, with the last failure's
    ///         text; errc::nested_acquire at once instead of a dead-lock: inside of a transaction
    ///         scope, when each connection of the pool is held by a scope that waits for another
    ///         one, and this wait is the last of these; error errc::queue_full; errc::pool_closed;
    ///         sql_error or error with the last failure to connect when the server refuses for good
    ///         (credentials, unknown database) or retry.attempts are used up; what before_grant
    ///         throws three times
    asio::awaitable<lease>
    acquire(session bound_to = {},
            std::source_location where = std::source_location::current()) const;
    asio::awaitable<lease>
    acquire(session bound_to,
            std::chrono::milliseconds timeout,
            std::source_location where = std::source_location::current()) const;

    /// One round trip over a connection of the pool. @throws as acquire and query_functions::ping
    asio::awaitable<void> ping() const;

    /// Leases an idle connection; an empty lease when that would mean waiting, and in a pool with a
    /// before_grant hook.
    lease try_acquire(session bound_to = {},
                      std::source_location where = std::source_location::current()) const;

    /// Changes the sizes. Connections above a lower maximum are closed as they come back.
    /// @throws error errc::invalid_configuration, also when they contradict maximum_idle; nothing
    /// is changed then
    void resize(std::size_t minimum, std::size_t maximum) const;

    /// Nobody is given a connection until resume(): acquires wait, within their timeouts. Leases
    /// that are out are not touched.
    void pause() const;
    void resume() const;

    /// Retires every connection: the idle ones now, the others when they are given back, those
    /// that are being made when they stand.
    void refresh() const;
    /// The same; new connections are made with these options, as for new credentials.
    void refresh(connect_options target) const;

    /// Ends every wait with errc::pool_closed, closes idle connections now and the others when they
    /// are given back. Does nothing the second time.
    void close() const noexcept;

    /// Closes the pool, and waits until every lease has been given back. What still is in use after
    /// the grace is stopped on the server, and its connection closed: its statements end with
    /// errc::connection_lost. Several may wait at once; the shortest grace counts for all.
    /// Cancellation: not heeded, the grace bounds it.
    asio::awaitable<drain_report> drain(std::chrono::milliseconds grace) const;

    pool_statistics statistics() const;
    /// How busy it is, and whether it is of use at all: a few figures, cheap enough to be asked for
    /// each statement.
    pool_load load() const noexcept;
    /// Who has the connections now, longest first.
    std::vector<lease_info> leases() const;
    /// As they are now: resize() changes the options, refresh() the target.
    pool_options options() const;
    connect_options target() const;

    friend bool operator==(pool const& a, pool const& b) noexcept { return a.owner_ == b.owner_; }

    /// For copg's own layers.
    explicit pool(std::shared_ptr<detail::pool_owner> owner) noexcept : owner_{std::move(owner)} {}
    std::shared_ptr<detail::pool_owner> const& owner() const noexcept { return owner_; }

private:
    std::shared_ptr<detail::pool_owner> owner_;
};

} // namespace copg
