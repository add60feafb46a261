// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/connect_options.hpp>
#include <copg/manager/health_options.hpp>
#include <copg/pool/pool.hpp>
#include <copg/pool/pool_options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>

namespace copg {

/// What a manager wants a pool for.
class pool_request {
public:
    pool_request(asio::any_io_executor executor_, connect_options target_, pool_options options_)
        : executor{std::move(executor_)},
          target{std::move(target_)},
          options{std::move(options_)} {}

    asio::any_io_executor executor;
    connect_options target;
    pool_options options;
};

/// Makes the pool of a target, in the place of `pool{request.executor, request.target,
/// request.options}`: for connect options that no target can say, for hooks, for another loop. It
/// is called once for each pool, at its first use, at times from several threads at once for
/// different pools; it must neither wait nor ask the manager for a handle. What it throws
/// reaches whoever wanted the pool; the next one who wants it calls it again.
using pool_factory = std::function<pool(pool_request const&)>;

/// How a manager makes its pools and keeps them.
struct COPG_API manager_options {
    manager_options() { health.interval = std::chrono::milliseconds{0}; }
    manager_options(pool_options defaults) : manager_options{} { pools = std::move(defaults); }

    /// For pools whose target and DSN say nothing else.
    pool_options pools;

    /// Bounds the connections of all pools together, those of adopted pools excepted; 0, the
    /// default: no bound. A pool whose options name a budget keeps that one.
    std::size_t maximum_connections = 0;

    /// Whether a pool stays when no tenant, name, handle or lease needs it any more; by default it
    /// is closed.
    bool retain_unreferenced_pools = false;

    /// How each pool's server is watched; here the interval is 0 by default: only health_check()
    /// checks.
    health_options health;

    /// Makes the pools; empty for copg's own way.
    pool_factory factory;
};

} // namespace copg
