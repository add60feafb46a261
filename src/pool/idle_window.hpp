// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <limits>

namespace copg::detail {

/// How many connections nobody has needed for a whole idle time: the least number that was idle at
/// any moment of it. Closing so many cannot make anybody wait who would not have waited before, so
/// that a load that comes and goes does not close and open connections all the time, as it would
/// with a clock for each connection.
///
/// The window moves in quarters, so that a connection goes after 1 to 1.25 idle times.
class idle_window {
public:
    using duration = std::chrono::steady_clock::duration;

    /// @param idle_time  0: nothing is ever surplus
    explicit idle_window(duration idle_time) noexcept : quarter_{idle_time / 4} {}

    bool is_on() const noexcept { return quarter_.count() > 0; }
    /// The time between two calls of next_quarter().
    duration quarter() const noexcept { return quarter_; }

    /// So many are idle now.
    void note(std::size_t idle) noexcept { lows_[at_] = std::min(lows_[at_], idle); }

    /// One that was idle is gone, and not because somebody needed it.
    void one_less() noexcept {
        for (auto& low : lows_)
            low -= std::min<std::size_t>(low, 1);
    }

    /// A quarter has passed. @return how many were idle throughout the last four
    std::size_t next_quarter(std::size_t idle) noexcept {
        note(idle);
        auto const low = *std::min_element(lows_.begin(), lows_.end());
        at_ = (at_ + 1) % lows_.size();
        lows_[at_] = idle;
        return low;
    }

private:
    duration const quarter_;
    std::array<std::size_t, 4> lows_{}; // 0 before the first, so that nothing is surplus at once
    std::size_t at_ = 0;
};

} // namespace copg::detail
