// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/resumption.hpp"
#include "base/shutdown_service.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>

namespace copg::detail {

/// One run of something, whose end several coroutines wait for together. States: under way; landed,
/// once and for all. Always shared. Thread-safe.
class flight final : public std::enable_shared_from_this<flight>, private shutdown_listener {
public:
    /// @param executor  where the run is under way: if its loop is destroyed, nobody lands any more
    explicit flight(asio::any_io_executor executor);
    flight(flight const&) = delete;
    flight& operator=(flight const&) = delete;
    ~flight();

    /// Waits for the end; returns at once when it has landed. Cancellation (any type): the wait
    /// ends with operation_aborted, the run goes on.
    /// @throws what the run failed with
    static asio::awaitable<void> wait(std::shared_ptr<flight> self);

    /// The run has ended: whoever waits goes on from its executor's queue. Once.
    void land(std::exception_ptr failure) noexcept;

private:
    /// Lives in the frame of the coroutine that waits.
    struct waiter : boost::intrusive::list_base_hook<> {
        explicit waiter(flight& run) noexcept : owner{run} {}
        ~waiter() { owner.abandon(*this); }

        flight& owner;
        std::uint64_t id = 0;
        std::exception_ptr failure;
        resumption handler;
    };
    struct start_waiting;

    void context_gone() noexcept override;
    std::shared_ptr<void> keep_alive() noexcept override { return weak_from_this().lock(); }
    void enqueue(waiter& waiting);
    void cancel(std::uint64_t id);
    void abandon(waiter& waiting) noexcept;

    asio::any_io_executor const executor_;
    std::mutex mutex_; // guards all below
    boost::intrusive::list<waiter, boost::intrusive::constant_time_size<false>> waiting_;
    std::exception_ptr failure_;
    std::uint64_t last_id_ = 0;
    bool landed_ = false;
};

} // namespace copg::detail
