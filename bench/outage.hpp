// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "options.hpp"

#include <copg/testing/temporary_cluster.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace copg::bench {

/// How a pool under load came through an outage of its server. Times in seconds; those of recovery
/// count from the moment when the server accepts connections again, as a loop finds out that tries
/// to connect all the time and has nothing to do with the pool.
struct outage_measurement {
    workload row;
    std::string transport;
    double down = 0; ///< from the server's stop to its accepting connections again
    double operations_per_second_before = 0;
    std::map<std::string, std::uint64_t> errors; ///< of operations, from the stop on, by code
    std::uint64_t connects_failed = 0;           ///< of the pool, while the server was away
    double first_success = 0;                    ///< through the pool
    std::optional<double> recovered; ///< 90 % of the throughput before, over 50 ms; not set: not
                                     ///< within ten seconds
};

/// Runs `row` (plain, closed loop) for row.seconds, stops the server for `seconds`, and watches the
/// recovery. The server must hold a tenant's schema.
/// @param progress  told the share that is done
outage_measurement measure_outage(testing::temporary_cluster& server,
                                  std::string const& dsn,
                                  workload const& row,
                                  double seconds,
                                  std::function<void(double)> progress);

} // namespace copg::bench
