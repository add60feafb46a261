// SPDX-License-Identifier: BSL-1.0
#include "micro/figures.hpp"

#include "micro/allocations.hpp"

#include <algorithm>
#include <ctime>

namespace copg::micro {
namespace {

// The server is another process: this is the client alone.
double process_cpu_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

} // namespace

meter::meter()
    : wall_{std::chrono::steady_clock::now()},
      cpu_ns_{process_cpu_ns()},
      allocations_{allocations()} {}

cost meter::stop() const {
    auto const allocated = allocations() - allocations_;
    auto const cpu = process_cpu_ns() - cpu_ns_;
    std::chrono::duration<double, std::nano> const wall = std::chrono::steady_clock::now() - wall_;
    return {cpu, wall.count(), static_cast<double>(allocated)};
}

cost& cost::operator+=(cost const& other) noexcept {
    cpu_ns += other.cpu_ns;
    wall_ns += other.wall_ns;
    allocations += other.allocations;
    return *this;
}

cost operator/(cost const& whole, double parts) noexcept {
    return {whole.cpu_ns / parts, whole.wall_ns / parts, whole.allocations / parts};
}

spread spread_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    auto const middle = values.size() / 2;
    auto const median =
        values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.front(), values.back()};
}

} // namespace copg::micro
