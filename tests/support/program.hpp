// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

namespace copg::test {

/// What a program printed, both streams together, and how it ended.
struct program_result {
    std::string output;
    int exit_code = -1;
};

/// Runs a program to its end.
program_result run_program(std::vector<std::string> const& command);

} // namespace copg::test
