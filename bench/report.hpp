// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "outage.hpp"
#include "runner.hpp"

#include <string>
#include <vector>

namespace copg::bench {

/// Prints the rows as a table for people.
void print_table(std::vector<measurement> const& rows, std::string const& server);

/// Prints it for people.
void print_outage(outage_measurement const& outage, std::string const& server);

/// Writes what was measured for programs. @throws std::runtime_error when the file cannot be
/// written
void write_json(std::string const& file,
                std::vector<measurement> const& rows,
                std::optional<outage_measurement> const& outage,
                std::string const& server);

} // namespace copg::bench
