// SPDX-License-Identifier: BSL-1.0
#include "base/async_mutex.hpp"

#include "base/numbered_cancellation.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace copg::detail {

struct async_mutex::start_waiting {
    async_mutex* self;
    waiter* waiting;

    template <class Handler>
    void operator()(Handler&& handler) const {
        auto slot = asio::get_associated_cancellation_slot(handler);
        waiting->handler = resumption{std::forward<Handler>(handler)};
        {
            std::lock_guard const lock{self->mutex_};
            waiting->id = ++self->last_id_;
        }
        if (slot.is_connected())
            slot.template emplace<numbered_cancellation<async_mutex>>(
                self->weak_from_this(), &async_mutex::cancel, waiting->id);
        self->wait(*waiting);
    }
};

asio::awaitable<async_mutex::guard> async_mutex::lock() {
    auto self = shared_from_this();
    if (try_lock())
        co_return guard{std::move(self)};
    waiter waiting{*this};
    auto const initiation = start_waiting{this, &waiting};
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(initiation,
                                                                         asio::use_awaitable);
    if (waiting.failure)
        std::rethrow_exception(waiting.failure);
    waiting.holding = false; // the guard holds it now
    co_return guard{std::move(self)};
}

std::optional<async_mutex::guard> async_mutex::try_guard() {
    std::optional<guard> taken;
    if (try_lock())
        taken.emplace(shared_from_this());
    return taken;
}

bool async_mutex::try_lock() {
    std::lock_guard const lock{mutex_};
    return !std::exchange(locked_, true);
}

void async_mutex::wait(waiter& waiting) {
    {
        std::lock_guard const lock{mutex_};
        if (std::exchange(locked_, true)) {
            queue_.push_back(waiting);
            return;
        }
        waiting.holding = true;
    }
    waiting.handler.post();
}

void async_mutex::cancel(std::uint64_t id) {
    resumption cancelled;
    {
        std::lock_guard const lock{mutex_};
        auto const found = std::find_if(
            queue_.begin(), queue_.end(), [id](waiter const& w) { return w.id == id; });
        if (found == queue_.end())
            return;
        found->failure = std::make_exception_ptr(
            boost::system::system_error{asio::error::operation_aborted, "lock"});
        cancelled = std::move(found->handler);
        queue_.erase(found);
    }
    cancelled.post();
}

void async_mutex::abandon(waiter& waiting) noexcept {
    {
        std::lock_guard const lock{mutex_};
        if (waiting.is_linked())
            queue_.erase(queue_.iterator_to(waiting));
    }
    if (waiting.holding)
        unlock();
}

void async_mutex::unlock() noexcept {
    resumption next;
    {
        std::lock_guard const lock{mutex_};
        if (queue_.empty()) {
            locked_ = false;
            return;
        }
        auto& waiting = queue_.front(); // handed on: nobody can come between
        queue_.pop_front();
        waiting.holding = true;
        next = std::move(waiting.handler);
    }
    next.post();
}

} // namespace copg::detail
