// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

namespace copg::detail {

/// Calls functions when their time has come, on a thread of its own: for what shall happen later
/// and must not keep anybody's event loop running until then, as Asio's timers do. The thread is
/// started with the first alarm and stays. Thread-safe.
class alarm_clock {
public:
    using time = std::chrono::steady_clock::time_point;
    using alarm = std::uint64_t;

    alarm_clock() = default;
    alarm_clock(alarm_clock const&) = delete;
    alarm_clock& operator=(alarm_clock const&) = delete;

    /// The one of the process; never destroyed.
    static alarm_clock& shared();

    /// @param call  short, and must neither throw nor call cancel()
    /// @return for cancel(); never 0
    alarm call_at(time when, std::function<void()> call);

    /// The call is not made any more, or has ended: it waits for one that is under way. Does
    /// nothing for an alarm that is over, and for 0.
    void cancel(alarm which) noexcept;

private:
    struct entry {
        alarm number;
        std::function<void()> call;
    };
    void start_thread();
    void work();

    std::mutex mutex_; // guards all below
    std::condition_variable changed_;
    std::multimap<time, entry> entries_;
    alarm last_ = 0;
    alarm running_ = 0;
    bool started_ = false;
};

} // namespace copg::detail
