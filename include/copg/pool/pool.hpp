// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/connect_options.hpp>
#include <copg/pool/lease.hpp>
#include <copg/pool/pool_options.hpp>
#include <copg/pool/pool_statistics.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>

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

    /// Leases a connection whose statements will see `bound_to`. First come first served.
    ///
    /// Returns at once when a connection is idle: no allocation but the coroutine's frame, no
    /// detour over the event loop.
    /// Cancellation (terminal, partial, total): the wait ends with operation_aborted and nothing
    /// else changes; a connection attempt that has been started goes on and serves the next waiter.
    /// @param timeout  upper bound of the wait; the pool's acquire_timeout by default, 0 for no
    /// bound
    /// @throws error errc::acquire_timeout when every connection stayed in use;
    ///         errc::connect_failed when there is no connection at all, with the last failure's
    ///         text; errc::pool_closed; sql_error when the server refuses for good (credentials,
    ///         unknown database)
    asio::awaitable<lease> acquire(session bound_to = {}) const;
    asio::awaitable<lease> acquire(session bound_to, std::chrono::milliseconds timeout) const;

    /// One round trip over a connection of the pool. @throws as acquire and query_functions::ping
    asio::awaitable<void> ping() const;

    /// Leases an idle connection; an empty lease when that would mean waiting.
    lease try_acquire(session bound_to = {}) const;

    /// Ends every wait with errc::pool_closed, closes idle connections now and the others when they
    /// are given back. Does nothing the second time.
    void close() const noexcept;

    pool_statistics statistics() const noexcept;
    pool_options const& options() const noexcept;
    connect_options const& target() const noexcept;

    friend bool operator==(pool const& a, pool const& b) noexcept { return a.owner_ == b.owner_; }

    /// For copg's own layers.
    explicit pool(std::shared_ptr<detail::pool_owner> owner) noexcept : owner_{std::move(owner)} {}
    std::shared_ptr<detail::pool_owner> const& owner() const noexcept { return owner_; }

private:
    std::shared_ptr<detail::pool_owner> owner_;
};

} // namespace copg
