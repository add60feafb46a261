// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/health_status.hpp>
#include <copg/pool/lease_info.hpp>
#include <copg/pool/pool_statistics.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <string>
#include <vector>

namespace copg {

/// A pool of a manager.
struct managed_pool {
    std::string target; ///< the DSN without its secrets
    pool_statistics statistics;
    health_status health; ///< unknown when only handles keep the pool

    /// Options for which a target that shares this pool asks in vain, since the pool was made with
    /// those of another; by name.
    std::vector<std::string> ignored_options;
};

/// A manager as it is now.
struct manager_statistics {
    std::size_t tenants = 0;
    std::size_t names = 0;
    std::size_t identifiers = 0;
    std::vector<managed_pool> pools; ///< that have been made, in the order of their targets

    // Over all pools.
    std::size_t open = 0;
    std::size_t idle = 0;
    std::size_t in_use = 0;
    std::size_t waiting = 0;
    std::size_t maximum_connections = 0; ///< 0: no bound

    // Pools by their health; the rest is unknown.
    std::size_t healthy = 0;
    std::size_t degraded = 0;
    std::size_t unhealthy = 0; ///< and disconnected
};

/// What a check of a pool has found.
struct health_report {
    std::string target; ///< the DSN without its secrets
    health_status status;
};

/// How a pool was closed.
struct pool_shutdown {
    std::string target; ///< the DSN without its secrets
    drain_report drained;
};

/// How a manager was shut down.
struct shutdown_report {
    std::vector<pool_shutdown> pools;
    std::chrono::nanoseconds took{};

    /// Leases that had not been given back in time.
    std::size_t cancelled() const noexcept {
        std::size_t sum = 0;
        for (auto const& pool : pools)
            sum += pool.drained.cancelled.size();
        return sum;
    }
};

/// What connect_all does when not every connection can be made.
enum class connect_mode {
    all_or_nothing, ///< closes those that it has made, and throws
    best_effort,    ///< leaves them, and reports the others
};

/// What became of one name in connect_all.
struct connect_result {
    std::string name;
    std::exception_ptr failure; ///< null when it is connected
};

/// What a tenant left behind where it is not any more.
struct departure_report {
    bool was_there = false;
    std::vector<lease_info> in_use; ///< leases that were not given back within the grace
};

} // namespace copg
