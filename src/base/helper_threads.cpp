// SPDX-License-Identifier: BSL-1.0
#include "base/helper_threads.hpp"

#include "base/signals_blocked.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace copg::detail {
namespace {

using task_queue = std::deque<std::function<void()>>;

constexpr std::size_t shared_threads = 4;
constexpr std::size_t shared_queue = 1'024;

} // namespace

/// Invariant: a task waits only while every thread is busy or on its way to it.
struct helper_threads::state {
    state(std::size_t most_threads, std::size_t most_queued)
        : threads_maximum{most_threads}, queue_maximum{most_queued} {}

    void work();

    std::size_t const threads_maximum;
    std::size_t const queue_maximum;
    std::mutex mutex; // guards all below
    std::condition_variable something_to_do;
    std::condition_variable ended_one;
    task_queue tasks;
    std::size_t threads = 0;
    std::size_t running = 0;
    bool closed = false;     // takes no more
    bool owner_gone = false; // threads end
};

void helper_threads::state::work() {
    std::unique_lock lock{mutex};
    while (true) {
        something_to_do.wait(lock, [this] { return owner_gone || !tasks.empty(); });
        if (tasks.empty())
            return;
        auto task = std::move(tasks.front());
        tasks.pop_front();
        ++running;
        lock.unlock();
        task();
        task = nullptr; // what it owns ends here, without the lock
        lock.lock();
        --running;
        ended_one.notify_all();
    }
}

helper_threads::helper_threads(std::size_t threads_maximum, std::size_t queue_maximum)
    : state_{std::make_shared<state>(threads_maximum, queue_maximum)} {}

helper_threads::~helper_threads() {
    settle(std::chrono::milliseconds{0});
    std::lock_guard const lock{state_->mutex};
    state_->owner_gone = true;
    state_->something_to_do.notify_all();
}

bool helper_threads::submit(std::function<void()> task) noexcept {
    std::lock_guard const lock{state_->mutex};
    auto& s = *state_;
    if (s.closed)
        return false;
    try {
        auto const idle = s.threads - s.running;
        if (s.tasks.size() >= idle && s.threads < s.threads_maximum) {
            signals_blocked const quiet;
            std::thread{[shared = state_] { shared->work(); }}.detach();
            ++s.threads;
        }
    } catch (...) { // no further thread can be had: those that are there will do
    }
    if (s.threads == 0 || s.tasks.size() >= s.queue_maximum + (s.threads - s.running))
        return false;
    try {
        s.tasks.push_back(std::move(task));
    } catch (...) { // out of memory
        return false;
    }
    s.something_to_do.notify_one();
    return true;
}

// The threads do not end here: at the end of the process each would clean up OpenSSL's part of it
// while the exit handler of OpenSSL cleans up the whole.
bool helper_threads::settle(std::chrono::milliseconds limit) noexcept {
    task_queue dropped; // ends last, without the lock
    std::unique_lock lock{state_->mutex};
    state_->closed = true;
    dropped.swap(state_->tasks);
    auto const end = std::chrono::steady_clock::now() + limit;
    auto const settled =
        state_->ended_one.wait_until(lock, end, [this] { return state_->running == 0; });
    lock.unlock();
    return settled;
}

namespace {

struct instances {
    helper_threads files{shared_threads, shared_queue};
    helper_threads names{shared_threads, shared_queue};
    helper_threads peers{shared_threads, shared_queue};
};

// Never destroyed: a coroutine may outlive any static object.
instances& shared() {
    static auto* const all = new instances;
    [[maybe_unused]] static auto const registered = [] {
        helper_threads::settle_at_exit();
        return true;
    }();
    return *all;
}

} // namespace

helper_threads& helper_threads::for_files() {
    return shared().files;
}

helper_threads& helper_threads::for_names() {
    return shared().names;
}

helper_threads& helper_threads::for_peers() {
    return shared().peers;
}

void helper_threads::settle_at_exit() noexcept {
    static constexpr std::chrono::milliseconds limit_for_each{100};
    std::atexit([] {
        shared().names.settle(std::chrono::milliseconds{0}); // a look-up shares nothing with us
        shared().files.settle(limit_for_each);
        shared().peers.settle(limit_for_each);
    });
}

} // namespace copg::detail
