// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "micro/comparison.hpp"

#include <optional>
#include <string>
#include <vector>

namespace copg::micro {

struct options {
    std::string dsn;                     ///< empty: a throwaway server
    std::vector<std::string> transports; ///< to the throwaway server: unix, tcp
    std::vector<std::string> cases;
    std::string json_file;
    std::string profile;  ///< `copg`, `base` or nothing
    bool any_cpu = false; ///< or all on one CPU
    amount how_much;
};

/// Reads the command line; prints help or what is wrong with it, and gives nothing then.
/// @param exit_code  what the program should end with when nothing is given
std::optional<options> parse_options(int argc, char** argv, int& exit_code);

} // namespace copg::micro
