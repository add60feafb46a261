// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/retry_policy.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <random>

namespace copg::detail {

/// How many attempts to connect may run at the same time.
///
/// States: open, with a number of attempts that grows; shut after a failure, until the next try is
/// due; probing, with one attempt, until it has ended. A success doubles the number of attempts, up
/// to the pool's concurrency: a server that has just come back, or that needs long to accept, is
/// not met by all at once, and a short burst does not make connections that nobody will need.
class connect_gate {
public:
    using time = std::chrono::steady_clock::time_point;

    connect_gate(retry_policy const& policy, std::size_t concurrency, unsigned seed)
        : policy_{policy}, concurrency_{concurrency}, at_once_{concurrency}, random_{seed} {}

    /// @param connected  connections that stand: the first ones are made as fast as may be
    std::size_t limit(time now, std::size_t connected) const noexcept {
        if (retry_at_)
            return now < *retry_at_ ? 0 : 1;
        return connected == 0 && failures_ == 0 && !recovering_ ? concurrency_ : at_once_;
    }

    void succeeded() noexcept {
        recovering_ = failures_ > 0 || (recovering_ && at_once_ < concurrency_);
        at_once_ = std::min(at_once_ * 2, concurrency_);
        failures_ = 0;
        retry_at_.reset();
    }

    void failed(time now) {
        if (shut(now)) // it began before others failed: they are one try
            return;
        ++failures_;
        at_once_ = 1;
        std::uniform_real_distribution<double> jitter;
        retry_at_ = now + policy_.wait_after(failures_, jitter(random_));
    }

    /// The server is known to be down: nobody tries before then, and one first.
    void hold(time until) noexcept { retry_at_ = until; }

    /// No more connections are needed for now.
    void calm() noexcept {
        at_once_ = 1;
        recovering_ = false;
    }

    /// Tries in a row that failed.
    std::size_t failures() const noexcept { return failures_; }
    /// When the next try is due; nothing while the server is believed to answer.
    std::optional<time> retry_at() const noexcept { return retry_at_; }
    bool shut(time now) const noexcept { return retry_at_ && now < *retry_at_; }
    /// Whether the server has refused just now, as far as anybody has tried.
    bool refuses(time now) const noexcept {
        return retry_at_ && now < *retry_at_ + policy_.maximum_delay;
    }
    /// What was learned does not count any more.
    void forget() noexcept {
        failures_ = 0;
        retry_at_.reset();
        calm();
    }
    /// Whether the policy's tries are used up.
    bool exhausted() const noexcept {
        return policy_.attempts != 0 && failures_ >= policy_.attempts;
    }

private:
    retry_policy const policy_;
    std::size_t const concurrency_;
    std::size_t at_once_;
    bool recovering_ = false; // the first successes after failures
    std::size_t failures_ = 0;
    std::optional<time> retry_at_;
    std::minstd_rand random_;
};

} // namespace copg::detail
