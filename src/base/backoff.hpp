// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace copg::detail {

/// Exponential waits with jitter: each between half and the whole of a bound that doubles.
class backoff {
public:
    backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest, unsigned seed)
        : first_{first}, longest_{longest}, bound_{first}, random_{seed} {}

    std::chrono::milliseconds next() {
        auto const bound = bound_;
        bound_ = std::min(longest_, bound_ * 2);
        std::uniform_int_distribution<std::chrono::milliseconds::rep> jitter{bound.count() / 2,
                                                                             bound.count()};
        return std::chrono::milliseconds{jitter(random_)};
    }

    void reset() noexcept { bound_ = first_; }

private:
    std::chrono::milliseconds first_;
    std::chrono::milliseconds longest_;
    std::chrono::milliseconds bound_;
    std::minstd_rand random_;
};

} // namespace copg::detail
