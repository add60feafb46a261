// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <source_location>
#include <string>
#include <vector>

namespace copg {

/// Who has one of a pool's connections.
struct lease_info {
    std::source_location where;      ///< of the acquire
    std::chrono::nanoseconds held{}; ///< to some milliseconds
    std::string session;             ///< session::describe()
    int backend_pid = 0;             ///< as in pg_stat_activity
};

/// What was left when a pool was drained.
struct drain_report {
    std::vector<lease_info> cancelled; ///< leases that had not been given back in time; what ran on
                                       ///< them was stopped, and their connections were closed
    std::chrono::nanoseconds took{};
};

} // namespace copg
