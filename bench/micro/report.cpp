// SPDX-License-Identifier: BSL-1.0
#include "micro/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace copg::micro {
namespace {

/// A time in the unit that suits it.
struct scale {
    double divisor;
    char const* unit;
    int digits;

    explicit scale(double ns)
        : divisor{std::abs(ns) < 1e3 ? 1.0 : 1e3},
          unit{std::abs(ns) < 1e3 ? "ns" : "us"},
          digits{std::abs(ns) < 1e3 ? 0 : 2} {}

    std::string number(double ns) const { return fmt::format("{:.{}f}", ns / divisor, digits); }
};

std::string human(double ns) {
    scale const in{ns};
    return in.number(ns) + ' ' + in.unit;
}

std::string with_range(spread const& of) {
    scale const in{of.median};
    return fmt::format("{} ({}-{}) {}",
                       in.number(of.median),
                       in.number(of.minimum),
                       in.number(of.maximum),
                       in.unit);
}

constexpr char const* line = "{:<19} {:<26} {:>22} {:>22} {:>5} {:>8} {:>9} {:>9} {:>6} {:>6}\n";

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

void print_heading() {
    fmt::print(fmt::runtime(line),
               "what",
               "base",
               "client CPU, base",
               "client CPU, copg",
               "ratio",
               "more",
               "time",
               "copg",
               "allocs",
               "copg");
}

void print_row(measured const& row) {
    fmt::print(fmt::runtime(line),
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
}

} // namespace

void print_table(std::vector<measured> const& rows, std::string const& server) {
    std::string transport;
    for (auto const& row : rows) {
        if (row.transport != transport) {
            transport = row.transport;
            fmt::print("\nPostgreSQL {} over {}\n\n", server, transport);
            print_heading();
        }
        print_row(row);
    }
    fmt::print("\nEach figure is for one row (rows, stream, copy) or one statement: the median of "
               "the rounds and their range.\n\"more\" and the ratio are of CPU times, copg's to "
               "the base's; allocations are counted in both libraries.\n");
    print_goals(rows);
}

} // namespace copg::micro
