// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace copg::detail {

/// A few threads for calls that can block and have no other form: libpq reads files while it
/// connects, a name server or a peer may stay silent. Thread-safe.
///
/// Threads are started when there is work for them, up to the maximum, and stay. They are never
/// joined: a call that hangs holds up neither the owner's destruction nor the end of the process.
/// Each shared instance serves one kind of call, so that one which hangs starves no other kind.
class helper_threads {
public:
    /// @param threads_maximum  calls that run at a time
    /// @param queue_maximum  calls that wait for a thread
    helper_threads(std::size_t threads_maximum, std::size_t queue_maximum);
    helper_threads(helper_threads const&) = delete;
    helper_threads& operator=(helper_threads const&) = delete;
    ~helper_threads(); ///< drops what waits, leaves to itself what runs

    /// For steps of libpq that may read files.
    static helper_threads& for_files();
    /// For name look-ups.
    static helper_threads& for_names();
    /// For calls that wait for a server, as PQcancel does.
    static helper_threads& for_peers();

    /// Takes a task, first come first served. It must not throw. Its destructor too runs on the
    /// helper thread, or, if it is dropped, wherever this object ends.
    /// @return false, and the task is gone, when the queue is full or settle() was called
    bool submit(std::function<void()> task) noexcept;

    /// Takes no more tasks, drops what waits, and waits for what runs.
    /// @return false when something still ran after the limit
    bool settle(std::chrono::milliseconds limit) noexcept;

    /// Registers a handler that settles the shared instances, within a fifth of a second, when the
    /// process ends by exit() or a return from main(). Handlers run in reverse order: call it again
    /// after something was initialised that must outlive the tasks, as OpenSSL inside libpq.
    static void settle_at_exit() noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace copg::detail
