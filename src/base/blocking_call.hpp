// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/helper_threads.hpp"
#include "base/resumption.hpp"
#include "base/shutdown_service.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>

namespace copg::detail {

/// Work that can block, done on a helper thread while a coroutine waits for it, and left alone when
/// it takes too long. Always shared. Used once.
///
/// States: new, waiting (for a thread), working, ended. The work is destroyed before the coroutine
/// goes on, on the thread that did it: what the two share has one user at a time.
class blocking_call final : public std::enable_shared_from_this<blocking_call>,
                            private shutdown_listener {
public:
    enum class outcome {
        done,    ///< the work returned
        stopped, ///< by stop() or cancellation; work that had begun goes on by itself
        refused, ///< the helper threads have too much to do
    };

    /// @param work  owns all that it touches, since nobody may be left when it ends
    blocking_call(helper_threads& helpers, std::function<void()> work)
        : helpers_{helpers}, work_{std::move(work)} {}

    /// Does the work. Cancellation (any type): as stop(). @throws what the work throws
    asio::awaitable<outcome> run();

    /// The coroutine goes on at once. Does nothing when the call has ended. Thread-safe.
    void stop() noexcept;

private:
    class registration;
    struct start_waiting;

    void begin(resumption waiter);
    void do_work() noexcept;
    void end(outcome how, std::exception_ptr failure) noexcept;
    void cancel(std::uint64_t) { stop(); }
    void context_gone() noexcept override;
    std::shared_ptr<void> keep_alive() noexcept override { return weak_from_this().lock(); }

    helper_threads& helpers_;
    std::mutex mutex_;           // guards all below
    std::function<void()> work_; // null once it has begun or was dropped
    resumption waiter_;
    bool ended_ = false;
    outcome how_ = outcome::stopped;
    std::exception_ptr failure_;
};

} // namespace copg::detail
