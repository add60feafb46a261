// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/pool/pool.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>

namespace copg {

/// Replaces a pool's connections, if its server can be reached: makes a connection to the pool's
/// target outside the pool, runs `select 1` over it, and only then gives up what the pool has, as
/// pool::refresh() does. Leases stay usable until they are given back. When it fails, the pool is
/// as it was.
///
/// Calls for the same pool at the same time share one connection and one refresh; the timeout of
/// the first one counts. Cancellation (any type): the wait ends with operation_aborted; what was
/// started goes on, and replaces the connections if it succeeds. Does not keep the pool open.
/// Thread safety: may be called from any thread and coroutine.
/// @param timeout  upper bound; greater than 0, 30 s by default
/// @throws error errc::pool_closed; errc::connect_timeout after the timeout; errc::connect_failed;
///         sql_error when the server refuses; what the pool's before_connect hook throws
COPG_API asio::awaitable<void>
reconnect(pool const& which, std::chrono::milliseconds timeout = std::chrono::seconds{30});

} // namespace copg
