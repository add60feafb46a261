// SPDX-License-Identifier: BSL-1.0
#include "base/flight.hpp"

#include "base/numbered_cancellation.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace copg::detail {

struct flight::start_waiting {
    flight* self;
    waiter* waiting;

    template <class Handler>
    void operator()(Handler&& handler) const {
        auto const alive = self->shared_from_this(); // the waiter may end meanwhile, elsewhere
        auto slot = asio::get_associated_cancellation_slot(handler);
        waiting->handler = resumption{std::forward<Handler>(handler)};
        {
            std::lock_guard const lock{self->mutex_};
            waiting->id = ++self->last_id_;
        }
        if (slot.is_connected())
            slot.template emplace<numbered_cancellation<flight>>(
                self->weak_from_this(), &flight::cancel, waiting->id);
        self->enqueue(*waiting);
    }
};

flight::flight(asio::any_io_executor executor) : executor_{std::move(executor)} {
    shutdown_service::of(executor_).add(*this);
}

flight::~flight() {
    shutdown_service::of(executor_).remove(*this);
}

asio::awaitable<void> flight::wait(std::shared_ptr<flight> self) {
    waiter waiting{*self};
    auto const initiation = start_waiting{self.get(), &waiting};
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(initiation,
                                                                         asio::use_awaitable);
    if (waiting.failure)
        std::rethrow_exception(waiting.failure);
}

void flight::enqueue(waiter& waiting) {
    resumption ready;
    {
        std::lock_guard const lock{mutex_};
        if (!landed_) {
            waiting_.push_back(waiting);
            return;
        }
        waiting.failure = failure_;
        ready = std::move(waiting.handler);
    }
    ready.post();
}

void flight::land(std::exception_ptr failure) noexcept {
    std::vector<resumption> ready;
    {
        std::lock_guard const lock{mutex_};
        landed_ = true;
        failure_ = std::move(failure);
        while (!waiting_.empty()) {
            auto& next = waiting_.front();
            waiting_.pop_front();
            next.failure = failure_;
            ready.push_back(std::move(next.handler));
        }
    }
    for (auto& each : ready)
        each.post();
}

void flight::cancel(std::uint64_t id) {
    resumption cancelled;
    {
        std::lock_guard const lock{mutex_};
        auto const found = std::find_if(
            waiting_.begin(), waiting_.end(), [id](waiter const& w) { return w.id == id; });
        if (found == waiting_.end())
            return;
        found->failure = std::make_exception_ptr(
            boost::system::system_error{asio::error::operation_aborted, "wait"});
        cancelled = std::move(found->handler);
        waiting_.erase(found);
    }
    cancelled.post();
}

void flight::abandon(waiter& waiting) noexcept {
    std::lock_guard const lock{mutex_};
    if (waiting.is_linked())
        waiting_.erase(waiting_.iterator_to(waiting));
}

void flight::context_gone() noexcept {
    std::vector<resumption> destroyed; // without the lock
    std::lock_guard const lock{mutex_};
    while (!waiting_.empty()) {
        destroyed.push_back(std::move(waiting_.front().handler));
        waiting_.pop_front();
    }
}

} // namespace copg::detail
