// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

namespace copg::micro {

/// What some work took.
struct cost {
    double cpu_ns = 0; ///< of this process, in user code and in the kernel
    double wall_ns = 0;
    double allocations = 0;

    cost& operator+=(cost const& other) noexcept;
    friend cost operator/(cost const& whole, double parts) noexcept;
};

/// Measures from its construction on.
class meter {
public:
    meter();
    cost stop() const;

private:
    std::chrono::steady_clock::time_point wall_;
    double cpu_ns_;
    std::size_t allocations_;
};

/// Several measurements of the same.
struct spread {
    double median = 0;
    double minimum = 0;
    double maximum = 0;
};

/// @pre !values.empty()
spread spread_of(std::vector<double> values);

} // namespace copg::micro
