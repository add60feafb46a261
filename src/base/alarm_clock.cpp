// SPDX-License-Identifier: BSL-1.0
#include "base/alarm_clock.hpp"

#include "base/signals_blocked.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace copg::detail {

alarm_clock& alarm_clock::shared() {
    static auto* const clock = new alarm_clock; // its thread may outlive any static object
    return *clock;
}

alarm_clock::alarm alarm_clock::call_at(time when, std::function<void()> call) {
    std::lock_guard const lock{mutex_};
    if (!started_)
        start_thread();
    auto const number = ++last_;
    entries_.emplace(when, entry{number, std::move(call)});
    changed_.notify_all();
    return number;
}

void alarm_clock::cancel(alarm which) noexcept {
    if (which == 0)
        return;
    entry dropped{}; // ends last, without the lock
    std::unique_lock lock{mutex_};
    auto const found = std::find_if(entries_.begin(), entries_.end(), [which](auto const& e) {
        return e.second.number == which;
    });
    if (found != entries_.end()) {
        dropped = std::move(found->second);
        entries_.erase(found);
    }
    changed_.wait(lock, [this, which] { return running_ != which; });
}

void alarm_clock::start_thread() {
    signals_blocked const quiet;
    std::thread{[this] { work(); }}.detach();
    started_ = true;
}

void alarm_clock::work() {
    std::unique_lock lock{mutex_};
    while (true) {
        if (entries_.empty()) {
            changed_.wait(lock);
            continue;
        }
        auto const next = entries_.begin();
        if (auto const when = next->first; std::chrono::steady_clock::now() < when) {
            changed_.wait_until(lock, when);
            continue;
        }
        auto due = std::move(next->second);
        entries_.erase(next);
        running_ = due.number;
        lock.unlock();
        due.call();
        due.call = nullptr; // what it owns ends here, before cancel() goes on
        lock.lock();
        running_ = 0;
        changed_.notify_all();
    }
}

} // namespace copg::detail
