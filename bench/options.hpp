// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace copg::bench {

enum class mode { acquire, plain, tenant };

std::string to_string(mode value);

/// One row of the result: what is run.
struct workload {
    mode what = mode::plain;
    std::size_t coroutines = 1; ///< closed loop: that many, each one operation after the other
    double rate = 0;            ///< open loop: arrivals a second; 0 for a closed loop
    std::size_t connections = 10;
    std::size_t tenants = 100;
    double seconds = 2;
    unsigned seed = 1;
    bool strict_reset = false;
    std::size_t quantum = 8; // pool_options::fairness_quantum

    std::string name() const;
};

struct options {
    std::string dsn; ///< empty: a throwaway server
    bool tcp = false;
    std::string json_file;
    double outage = 0; ///< seconds for which the throwaway server is stopped under the row's load
    std::vector<workload> rows;
};

/// Reads the command line; prints help or what is wrong with it, and gives nothing then.
/// @param exit_code  what the program should end with when nothing is given
std::optional<options> parse_options(int argc, char** argv, int& exit_code);

} // namespace copg::bench
