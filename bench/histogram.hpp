// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace copg::bench {

/// Counts durations with three significant digits, from 1 ns upwards: buckets of one nanosecond
/// below 2048 ns, and 1024 of them for each doubling above.
class histogram {
public:
    histogram();

    void record(std::chrono::nanoseconds value) noexcept;
    void clear() noexcept;

    std::uint64_t count() const noexcept { return count_; }
    std::chrono::nanoseconds max() const noexcept { return max_; }

    /// The smallest recorded value that at least this share of all values does not exceed, rounded
    /// up within its bucket; 0 when nothing was recorded.
    /// @param share  from 0 to 1
    std::chrono::nanoseconds quantile(double share) const noexcept;

private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds max_{0};
};

} // namespace copg::bench
