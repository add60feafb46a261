// SPDX-License-Identifier: BSL-1.0
#include "micro/comparison.hpp"

#include <algorithm>
#include <utility>

namespace copg::micro {
namespace {

/// One turn; adds what it took.
void take_turn(comparison const& what, side const& one, std::size_t units, cost& sum) {
    if (what.before)
        what.before();
    meter const running;
    one(units);
    sum += running.stop();
}

struct round_costs {
    cost base;
    cost copg;
};

// Base, copg, copg, base …: neither is always the one that runs second.
round_costs run_round(comparison const& what) {
    round_costs sums;
    auto const units = std::max<std::size_t>(what.units / what.slices, 1);
    for (std::size_t slice = 0; slice < what.slices; ++slice) {
        auto const base_first = slice % 2 == 0;
        if (base_first)
            take_turn(what, what.base, units, sums.base);
        take_turn(what, what.copg, units, sums.copg);
        if (!base_first)
            take_turn(what, what.base, units, sums.base);
    }
    auto const done = static_cast<double>(units * what.slices);
    return {sums.base / done, sums.copg / done};
}

template <class Value>
spread spread_over(std::size_t rounds, Value value) {
    std::vector<double> values;
    for (std::size_t round = 0; round < rounds; ++round)
        values.push_back(value(round));
    return spread_of(std::move(values));
}

measured::one_side summary(std::vector<cost> const& costs) {
    auto const count = costs.size();
    return {spread_over(count, [&](std::size_t i) { return costs[i].cpu_ns; }),
            spread_over(count, [&](std::size_t i) { return costs[i].wall_ns; }),
            spread_over(count, [&](std::size_t i) { return costs[i].allocations; }).median};
}

} // namespace

double measured::value_of_goal() const noexcept {
    return what.limit->what == goal::measure::ratio ? ratio.median : difference_ns.median;
}

bool measured::meets_goal() const noexcept {
    return value_of_goal() <= what.limit->most;
}

measured measure(comparison const& what, std::size_t rounds) {
    run_round(what);
    std::vector<cost> base;
    std::vector<cost> copg;
    for (std::size_t round = 0; round < rounds; ++round) {
        auto const got = run_round(what);
        base.push_back(got.base);
        copg.push_back(got.copg);
    }
    measured got;
    got.what = what;
    got.base = summary(base);
    got.copg = summary(copg);
    got.ratio = spread_over(rounds, [&](std::size_t i) { return copg[i].cpu_ns / base[i].cpu_ns; });
    got.difference_ns =
        spread_over(rounds, [&](std::size_t i) { return copg[i].cpu_ns - base[i].cpu_ns; });
    return got;
}

} // namespace copg::micro
