// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/resumption.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>

namespace copg::detail {

/// A mutex for coroutines, first come first served. Always shared, so that a cancellation which
/// comes late finds it or finds nothing. Thread-safe.
class async_mutex : public std::enable_shared_from_this<async_mutex> {
public:
    /// Holds the mutex for as long as it lives.
    class guard {
    public:
        guard() noexcept = default;
        explicit guard(std::shared_ptr<async_mutex> mutex) noexcept : mutex_{std::move(mutex)} {}
        guard(guard&&) noexcept = default;
        guard& operator=(guard&&) = delete;
        ~guard() {
            if (mutex_ != nullptr)
                mutex_->unlock();
        }

    private:
        std::shared_ptr<async_mutex> mutex_;
    };

    /// Waits for the mutex. Cancellation (any type): the wait ends with operation_aborted.
    asio::awaitable<guard> lock();
    /// The same without a wait: nothing when somebody has it.
    std::optional<guard> try_guard();

private:
    /// Lives in the frame of the coroutine that waits. States: queued; holding (it was handed the
    /// mutex); refused (failure is set).
    struct waiter : boost::intrusive::list_base_hook<> {
        explicit waiter(async_mutex& mutex) noexcept : owner{mutex} {}
        ~waiter() {
            if (is_linked() || holding)
                owner.abandon(*this);
        }

        async_mutex& owner;
        std::uint64_t id = 0;
        bool holding = false;
        std::exception_ptr failure;
        resumption handler;
    };

    struct start_waiting;
    using queue = boost::intrusive::list<waiter, boost::intrusive::constant_time_size<false>>;

    bool try_lock();
    void wait(waiter& waiting);
    void cancel(std::uint64_t id);
    void abandon(waiter& waiting) noexcept;
    void unlock() noexcept;

    std::mutex mutex_; // guards all below
    queue queue_;
    std::uint64_t last_id_ = 0;
    bool locked_ = false;
};

} // namespace copg::detail
