// SPDX-License-Identifier: BSL-1.0
#include "micro/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace copg::micro {
namespace {

std::string human(double ns) {
    if (std::abs(ns) < 1e3)
        return fmt::format("{:.0f} ns", ns);
    return fmt::format("{:.2f} us", ns / 1e3);
}

std::string with_range(spread const& of) {
    return fmt::format("{} ({}-{})", human(of.median), human(of.minimum), human(of.maximum));
}

constexpr char const* line = "{:<5} {:<19} {:<35} {:>31} {:>31} {:>6} {:>9} {:>10} {:>10} {:>7} "
                             "{:>7}\n";

std::string verdict(measured const& row) {
    auto const ratio = row.what.limit->what == goal::measure::ratio;
    auto const show = [ratio](double value) {
        return ratio ? fmt::format("{:.2f} times", value) : human(value);
    };
    return fmt::format("{} over {} {} ({} of at most {})",
                       row.what.name,
                       row.transport,
                       row.meets_goal() ? "met" : "MISSED",
                       show(row.value_of_goal()),
                       show(row.what.limit->most));
}

void print_goals(std::vector<measured> const& rows) {
    std::vector<std::string> verdicts;
    for (auto const& row : rows)
        if (row.what.limit)
            verdicts.push_back(verdict(row));
    fmt::print("goals: {}\n",
               verdicts.empty() ? "none" : fmt::format("{}", fmt::join(verdicts, "; ")));
}

} // namespace

void print_table(std::vector<measured> const& rows, std::string const& server) {
    fmt::print("\nPostgreSQL {}; for each unit of work: client CPU, time, allocations; medians "
               "(lowest-highest)\n\n",
               server);
    fmt::print(fmt::runtime(line),
               "over",
               "what",
               "base",
               "CPU, base",
               "CPU, copg",
               "ratio",
               "more",
               "time, base",
               "time, copg",
               "allocs",
               "copg's");
    for (auto const& row : rows)
        fmt::print(fmt::runtime(line),
                   row.transport,
                   row.what.name,
                   row.what.against,
                   with_range(row.base.cpu_ns),
                   with_range(row.copg.cpu_ns),
                   fmt::format("{:.2f}", row.ratio.median),
                   human(row.difference_ns.median),
                   human(row.base.wall_ns.median),
                   human(row.copg.wall_ns.median),
                   fmt::format("{:.2f}", row.base.allocations),
                   fmt::format("{:.2f}", row.copg.allocations));
    fmt::print(
        "\na unit is a row for rows, stream and copy, else a statement; ratio and difference "
        "are medians over rounds\n");
    print_goals(rows);
}

} // namespace copg::micro
