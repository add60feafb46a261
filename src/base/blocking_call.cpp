// SPDX-License-Identifier: BSL-1.0
#include "base/blocking_call.hpp"

#include "base/numbered_cancellation.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace copg::detail {

/// Lives in the frame of the coroutine that waits, so that the loop is still there at its end.
class blocking_call::registration {
public:
    registration(shutdown_service& service, blocking_call& call) : service_{service}, call_{call} {
        service_.add(call_);
    }
    ~registration() {
        service_.remove(call_);
        // The helper may still be inside post(), with the loop's executor in its hands.
        std::lock_guard const until_it_has_left{call_.mutex_};
    }
    registration(registration const&) = delete;
    registration& operator=(registration const&) = delete;

private:
    shutdown_service& service_;
    blocking_call& call_;
};

struct blocking_call::start_waiting {
    blocking_call* self;

    template <class Handler>
    void operator()(Handler&& handler) const {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto const kept = self->shared_from_this();
        if (slot.is_connected())
            slot.template emplace<numbered_cancellation<blocking_call>>(
                kept, &blocking_call::cancel, 0);
        kept->begin(resumption{std::forward<Handler>(handler)});
    }
};

asio::awaitable<blocking_call::outcome> blocking_call::run() {
    auto const self = shared_from_this();
    auto const executor = co_await asio::this_coro::executor;
    registration const registered{shutdown_service::of(executor), *this};
    auto const initiation = start_waiting{this};
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(initiation,
                                                                         asio::use_awaitable);
    if (failure_)
        std::rethrow_exception(failure_);
    co_return how_;
}

void blocking_call::begin(resumption waiter) {
    {
        std::lock_guard const lock{mutex_};
        waiter_ = std::move(waiter);
        if (ended_) { // stopped before it began
            waiter_.post();
            return;
        }
    }
    auto accepted = false;
    try {
        accepted = helpers_.submit([self = shared_from_this()] { self->do_work(); });
    } catch (std::bad_alloc const&) { // for the task itself
    }
    if (!accepted)
        end(outcome::refused, nullptr);
}

void blocking_call::do_work() noexcept {
    std::function<void()> work;
    {
        std::lock_guard const lock{mutex_};
        work.swap(work_);
    }
    if (!work)
        return;
    std::exception_ptr failure;
    try {
        work();
    } catch (...) {
        failure = std::current_exception();
    }
    work = nullptr;
    end(outcome::done, std::move(failure));
}

void blocking_call::stop() noexcept {
    end(outcome::stopped, nullptr);
}

void blocking_call::end(outcome how, std::exception_ptr failure) noexcept {
    std::function<void()> dropped; // ends without the lock
    std::lock_guard const lock{mutex_};
    if (std::exchange(ended_, true))
        return;
    how_ = how;
    failure_ = std::move(failure);
    dropped.swap(work_);
    if (waiter_) // under the lock, so that the loop cannot be destroyed between the two
        waiter_.post();
}

void blocking_call::context_gone() noexcept {
    std::function<void()> dropped; // both end without the lock
    resumption destroyed;
    std::lock_guard const lock{mutex_};
    ended_ = true;
    dropped.swap(work_);
    destroyed = std::move(waiter_);
}

} // namespace copg::detail
