// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "micro/comparison.hpp"

#include <string>
#include <vector>

namespace copg::micro {

/// Prints a table for people, and last a line on the goals.
void print_table(std::vector<measured> const& rows, std::string const& server);

/// Writes the rows for programs. @throws std::runtime_error when the file cannot be written
void write_json(std::string const& file,
                std::vector<measured> const& rows,
                std::string const& server,
                std::size_t rounds);

} // namespace copg::micro
