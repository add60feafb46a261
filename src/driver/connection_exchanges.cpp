// SPDX-License-Identifier: BSL-1.0
#include "base/numbered_cancellation.hpp"
#include "driver/cancel_request.hpp"
#include "driver/connection_impl.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace copg::detail {
namespace {

constexpr std::chrono::milliseconds first_repetition{10};
constexpr std::chrono::milliseconds longest_repetition{500};

using awaitable_token = asio::use_awaitable_t<> const;

/// Lets a coroutine's cancellation find its exchange.
template <class Handler>
resumption install(connection_impl& self,
                   exchange& e,
                   void (connection_impl::*cancel)(std::uint64_t),
                   Handler&& handler) {
    auto slot = asio::get_associated_cancellation_slot(handler);
    resumption waiter{std::forward<Handler>(handler)};
    if (slot.is_connected())
        slot.template emplace<numbered_cancellation<connection_impl>>(
            self.weak_from_this(), cancel, e.id, asio::cancellation_type::terminal);
    return waiter;
}

} // namespace

struct connection_impl::start_exchange {
    connection_impl* self;
    exchange* e;
    std::chrono::milliseconds limit;

    template <class Handler>
    void operator()(Handler&& handler) const {
        e->id = ++self->last_id_;
        e->waiter = install(*self, *e, &connection_impl::cancel, std::forward<Handler>(handler));
        self->begin(*e, limit);
    }
};

struct connection_impl::await_news {
    connection_impl* self;
    exchange* e;

    template <class Handler>
    void operator()(Handler&& handler) const {
        // The exchange is under way: its reader must not see the waiter before all else is done.
        auto waiter = install(*self, *e, &connection_impl::cancel, std::forward<Handler>(handler));
        self->await(*e, std::move(waiter));
    }
};

asio::awaitable<void> connection_impl::perform(exchange& e, std::chrono::milliseconds limit) {
    auto const initiation = start_exchange{this, &e, limit};
    return asio::async_initiate<awaitable_token, void()>(initiation, asio::use_awaitable);
}

void connection_impl::launch(exchange& e, std::chrono::milliseconds limit) {
    e.id = ++last_id_;
    begin(e, limit);
    if (e.failure)
        std::rethrow_exception(e.failure);
}

asio::awaitable<void> connection_impl::wait(exchange& e) {
    auto const self = shared_from_this();
    auto const initiation = await_news{this, &e};
    co_await asio::async_initiate<awaitable_token, void()>(initiation, asio::use_awaitable);
    if (e.failure)
        std::rethrow_exception(e.failure);
}

asio::awaitable<void> connection_impl::settle() {
    if (is_settled())
        co_return;
    barrier until_settled{*this};
    co_await perform(until_settled);
    until_settled.throw_if_failed();
}

void connection_impl::begin(exchange& e, std::chrono::milliseconds limit) {
    ready_list ready;
    {
        std::lock_guard const lock{mutex_};
        if (wire_ == nullptr) {
            end(e, std::make_exception_ptr(lost_error(errc::connection_lost, end_message_)), ready);
        } else if (e.is_barrier()) {
            exchanges_.push_back(e);
            settle_if_done(ready);
        } else if (!exchanges_.empty() || !is_settled()) {
            end(e,
                std::make_exception_ptr(
                    error{errc::connection_busy, "the connection is already running a statement"}),
                ready);
        } else {
            e.started = clock::now();
            ++requests_.active;
            if (limit.count() > 0) {
                e.deadline = e.started + limit;
                arm_timer(*e.deadline);
            }
            exchanges_.push_back(e);
            resting_.store(false, std::memory_order_release);
            ++round_trips_;
            send(e, ready);
        }
    }
    post_all(ready); // inside its own initiation: it must not continue at once
}

void connection_impl::send(exchange& e, ready_list& ready) {
    try {
        e.send(*wire_);
        flush(ready);
    } catch (std::exception const& cause) {
        end_message_ = cause.what();
        end_all(ready, std::current_exception());
        shut();
    }
}

void connection_impl::await(exchange& e, resumption waiter) {
    ready_list ready;
    {
        std::lock_guard const lock{mutex_};
        e.waiter = std::move(waiter);
        if (wire_ != nullptr && !e.ended && !e.has_news()) {
            if (e.waits_for_flush())
                flush(ready);
            else
                read_answers(ready);
        }
        if (e.ended || e.has_news())
            wake(e, ready);
    }
    post_all(ready);
}

bool connection_impl::has_progressed(exchange& e) {
    ready_list ready;
    auto progressed = false;
    {
        std::lock_guard const lock{mutex_};
        if (wire_ != nullptr && !e.ended && !e.has_news())
            read_answers(ready);
        progressed = e.ended || e.has_news();
    }
    post_all(ready);
    return progressed;
}

bool connection_impl::flush_now() {
    std::lock_guard const lock{mutex_};
    if (wire_ == nullptr)
        throw lost_error(errc::connection_lost, end_message_);
    if (wire_->flush() != wire::flushed::partly)
        return true; // a loss shows when the answer is read
    arm_write();
    return false;
}

void connection_impl::cancel(std::uint64_t id) {
    ready_list ready;
    {
        std::lock_guard const lock{mutex_};
        auto const known = [id](exchange const& e) { return e.id == id; };
        auto const found = std::find_if(exchanges_.begin(), exchanges_.end(), known);
        if (found == exchanges_.end())
            return;
        detach(*found,
               std::make_exception_ptr(
                   boost::system::system_error{asio::error::operation_aborted, "statement"}),
               stopping::at_once,
               ready);
    }
    post_all(ready);
}

void connection_impl::leave(exchange& e) noexcept {
    ready_list ready;
    {
        std::lock_guard const lock{mutex_};
        if (e.is_linked())
            detach(e,
                   std::make_exception_ptr(lost_error(errc::connection_lost, "it was left")),
                   binding_.state() == transaction_state::idle ? stopping::at_once
                                                               : stopping::gently,
                   ready);
    }
    post_all(ready);
}

void connection_impl::abandon(exchange& e) noexcept {
    std::lock_guard const lock{mutex_};
    if (!e.is_linked())
        return;
    exchanges_.erase(exchanges_.iterator_to(e));
    if (e.is_barrier())
        return;
    --requests_.active;
    requests_.add(clock::now() - e.started, true);
    end_message_ = "the coroutine of the statement under way was destroyed";
    shut();
}

void connection_impl::wake(exchange& e, ready_list& ready) {
    if (e.waiter)
        ready.push_back(std::move(e.waiter));
}

void connection_impl::end(exchange& e, std::exception_ptr failure, ready_list& ready) {
    if (e.is_linked())
        exchanges_.erase(exchanges_.iterator_to(e));
    note_rest();
    if (e.started != clock::time_point{}) {
        --requests_.active;
        requests_.add(clock::now() - e.started, failure != nullptr || e.has_failed());
    }
    e.ended = true;
    e.failure = std::move(failure);
    wake(e, ready);
    std::erase_if(detached_, [&e](auto const& owned) { return owned.get() == &e; });
}

// Its place in the queue goes to what reads the rest: nobody may meet the answer still to come.
void connection_impl::detach(exchange& e,
                             std::exception_ptr failure,
                             stopping how,
                             ready_list& ready) {
    try {
        if (!e.is_barrier()) {
            detached_.push_back(e.detach(*wire_));
            exchanges_.insert(exchanges_.iterator_to(e), *detached_.back());
            settled_.store(false, std::memory_order_release);
            settle_by_ = clock::now() + options_.cancel_timeout();
            arm_timer(*settle_by_);
            ask_again_after_ = first_repetition;
            if (how == stopping::at_once) {
                ask_to_stop();
            } else {
                ask_again_after_ = options_.cancel_timeout() / 4;
                ask_again();
            }
        }
        end(e, std::move(failure), ready);
        flush(ready);
        if (wire_ != nullptr)
            read_answers(ready); // it may have been paused
    } catch (std::exception const& cause) {
        end_message_ = cause.what();
        end_all(ready, std::current_exception());
        shut();
    }
}

void connection_impl::ask_to_stop() {
    if (!options_.cancel_requests() || cancelling_)
        return;
    if (!detached_.front()->can_be_stopped()) {
        ask_again();
        return;
    }
    std::erase_if(cancels_, [](auto const& old) { return old->is_over(); });
    auto request = cancel_request::start(wire_->handle(), executor_, [this] { cancel_ended(); });
    cancelling_ = request != nullptr;
    if (cancelling_)
        cancels_.push_back(std::move(request));
    else
        ask_again(); // too many are under way
}

void connection_impl::stop() noexcept {
    {
        std::lock_guard const lock{mutex_};
        try {
            if (wire_ != nullptr && !exchanges_.empty() && options_.cancel_requests())
                cancel_request::start(wire_->handle(), executor_, [] {});
        } catch (std::exception const&) { // then it is only closed
        }
    }
    close();
}

// A signal that comes between two statements of the answer is lost, so it is given again until the
// answer is complete.
void connection_impl::ask_again() {
    ask_again_at_ = clock::now() + ask_again_after_;
    ask_again_after_ = std::min<clock::duration>(2 * ask_again_after_, longest_repetition);
    arm_timer(*ask_again_at_);
}

void connection_impl::cancel_ended() {
    ready_list ready;
    {
        std::lock_guard const lock{mutex_};
        cancelling_ = false;
        settle_if_done(ready);
        if (wire_ != nullptr && !is_settled())
            ask_again();
    }
    post_all(ready);
}

void connection_impl::settle_if_done(ready_list& ready) {
    if (!detached_.empty() || cancelling_)
        return;
    if (!is_settled()) {
        settle_by_.reset();
        ask_again_at_.reset();
        settled_.store(true, std::memory_order_release);
        note_rest();
    }
    while (!exchanges_.empty() && exchanges_.front().is_barrier())
        end(exchanges_.front(), nullptr, ready);
}

} // namespace copg::detail
