// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

namespace copg::detail {

/// Why coroutines wait for a connection.
enum class wait_cause {
    in_use,      ///< all connections are in use
    connecting,  ///< connections are being made
    unreachable, ///< the last attempt to connect failed, the next one is not due yet
    closing,     ///< connections are being rolled back, checked or closed
    paused,      ///< the pool is paused
};
constexpr std::size_t wait_causes = 5;

/// Times by cause.
using wait_times = std::array<std::chrono::nanoseconds, wait_causes>;

inline wait_times operator-(wait_times a, wait_times const& b) noexcept {
    for (std::size_t i = 0; i < wait_causes; ++i)
        a[i] -= b[i];
    return a;
}

inline wait_times operator+(wait_times a, wait_times const& b) noexcept {
    for (std::size_t i = 0; i < wait_causes; ++i)
        a[i] += b[i];
    return a;
}

/// How long there was each cause to wait, so far. One clock serves all waiters: the difference of
/// two readings is how a wait between them was spent.
class wait_clock {
public:
    using time = std::chrono::steady_clock::time_point;

    /// From now on this is the cause.
    void turn(wait_cause cause, time now) noexcept {
        spent_[static_cast<std::size_t>(cause_)] += now - since_;
        cause_ = cause;
        since_ = now;
    }

    wait_times read(time now) const noexcept {
        auto reading = spent_;
        reading[static_cast<std::size_t>(cause_)] += now - since_;
        return reading;
    }

private:
    wait_times spent_{};
    wait_cause cause_ = wait_cause::in_use;
    time since_{};
};

} // namespace copg::detail
