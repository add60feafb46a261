// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "histogram.hpp"
#include "options.hpp"

#include <functional>
#include <string>

namespace copg::bench {

/// What one row measured.
struct measurement {
    workload row;
    std::string transport;
    double seconds = 0; ///< measured, without warming up
    double client_cpu_seconds = 0;
    histogram acquire;
    histogram operation;
    std::uint64_t operations = 0;
    std::uint64_t round_trips = 0;
    std::uint64_t connections_opened = 0;
    std::uint64_t errors = 0;
    std::string first_error;
};

/// Runs one row against a server that holds the tenants' schemas.
/// @param progress  told the share of the row that is done, about ten times a second
measurement
measure(std::string const& dsn, workload const& row, std::function<void(double)> progress);

} // namespace copg::bench
