// SPDX-License-Identifier: BSL-1.0
#include "driver/connection_impl.hpp"

#include "base/exception_text.hpp"
#include "base/numbered_cancellation.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

namespace copg::detail {
namespace {

// libpq closes its descriptor by itself when a connection breaks, and the number may be in use
// again for something else before Asio hears of it. So Asio waits on a duplicate of its own.
int duplicate(int socket) {
    auto const copy = ::dup(socket);
    if (copy < 0)
        throw std::system_error{errno, std::system_category(), "dup"};
    return copy;
}

error lost(errc code, std::string const& cause) {
    if (code == errc::statement_in_doubt)
        return {code,
                "the connection was lost after the statement was sent, which may have been "
                "executed: " +
                    cause};
    if (code == errc::transaction_in_doubt)
        return {code, "the connection was lost while COMMIT was under way: " + cause};
    return {code, "connection lost: " + cause};
}

} // namespace

struct connection_impl::start_exchange {
    connection_impl* self;
    exchange* e;

    template <class Handler>
    void operator()(Handler&& handler) const {
        auto slot = asio::get_associated_cancellation_slot(handler);
        e->waiter = resumption{std::forward<Handler>(handler)};
        e->id = ++self->last_id_;
        if (slot.is_connected())
            slot.template emplace<numbered_cancellation<connection_impl>>(
                self->weak_from_this(),
                &connection_impl::cancel,
                e->id,
                asio::cancellation_type::terminal);
        self->begin(*e);
    }
};

struct connection_impl::on_ready {
    std::shared_ptr<connection_impl> self;
    void (connection_impl::*handle)();

    void operator()(boost::system::error_code const& ec) const {
        if (ec != asio::error::operation_aborted)
            (self.get()->*handle)();
    }
};

connection_impl::connection_impl(asio::any_io_executor executor,
                                 pg_connection connection,
                                 std::shared_ptr<observer> observer,
                                 bool named_statements)
    : executor_{std::move(executor)},
      observer_{std::move(observer)},
      backend_{named_statements},
      descriptor_{executor_, duplicate(PQsocket(connection.get()))},
      wire_{std::make_unique<wire>(std::move(connection))} {
    backend_pid_ = wire_->backend_pid();
    shutdown_service::of(executor_).add(*this);
}

connection_impl::~connection_impl() {
    shutdown_service::of(executor_).remove(*this);
    close();
}

void connection_impl::context_gone() noexcept {
    exchange_list waiting;
    {
        std::lock_guard const lock{mutex_};
        if (wire_ == nullptr)
            return;
        end_message_ = "the event loop was destroyed";
        waiting.splice(waiting.end(), exchanges_);
        shut();
    }
    while (!waiting.empty()) {
        auto const destroyed = std::move(waiting.front().waiter);
        waiting.pop_front();
    }
}

void connection_impl::start() {
    std::lock_guard const lock{mutex_};
    arm_read();
}

asio::awaitable<void> connection_impl::perform(std::span<segment const> segments,
                                               std::span<segment_answer> answers) {
    auto const self = shared_from_this();
    exchange e{*this};
    e.segments = segments;
    e.answers = answers;
    auto const initiation = start_exchange{this, &e};
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(initiation,
                                                                         asio::use_awaitable);
    if (e.failure)
        std::rethrow_exception(e.failure);
}

void connection_impl::begin(exchange& e) {
    exchange_list ended;
    {
        std::lock_guard const lock{mutex_};
        if (wire_ == nullptr) {
            e.failure = std::make_exception_ptr(lost(errc::connection_lost, end_message_));
            ended.push_back(e);
        } else if (!exchanges_.empty()) {
            e.failure = std::make_exception_ptr(
                error{errc::connection_busy, "the connection is already running a statement"});
            ended.push_back(e);
        } else {
            exchanges_.push_back(e);
            ++round_trips_;
            send_all(e, ended);
        }
    }
    post_all(ended); // inside its own initiation: it must not continue at once
}

void connection_impl::send_all(exchange& e, exchange_list& ended) {
    std::size_t sent = 0;
    try {
        for (; sent < e.segments.size(); ++sent)
            wire_->send(e.segments[sent]);
        flush(ended);
    } catch (error const& cause) {
        // A segment without its Sync cannot be committed; one that went out before it can.
        end_message_ = cause.what();
        auto const failure =
            sent == 0 ? std::current_exception()
                      : std::make_exception_ptr(lost(e.segments[0].on_loss, end_message_));
        end_all(ended, failure);
        shut();
    }
}

void connection_impl::cancel(std::uint64_t id) {
    exchange_list ended;
    {
        std::lock_guard const lock{mutex_};
        auto const known = [id](exchange const& e) { return e.id == id; };
        if (std::find_if(exchanges_.begin(), exchanges_.end(), known) == exchanges_.end())
            return;
        // Nobody may meet the answer that is still to come.
        end_message_ = "the statement under way was cancelled";
        end_all(
            ended,
            std::make_exception_ptr(boost::system::system_error{asio::error::operation_aborted}));
        shut();
    }
    post_all(ended);
}

exchange::~exchange() {
    if (is_linked())
        owner.abandon(*this);
}

void connection_impl::abandon(exchange& e) noexcept {
    std::lock_guard const lock{mutex_};
    if (!e.is_linked())
        return;
    exchanges_.erase(exchanges_.iterator_to(e));
    end_message_ = "the coroutine of the statement under way was destroyed";
    shut();
}

void connection_impl::readable() {
    exchange_list ended;
    std::vector<sql_diagnostics> notices;
    std::function<void()> idle_loss;
    {
        std::lock_guard const lock{mutex_};
        if (wire_ == nullptr)
            return;
        auto const was_idle = exchanges_.empty();
        if (wire_->consume()) {
            read_answers(ended);
            if (wire_ != nullptr)
                flush(ended);
            if (wire_ != nullptr)
                arm_read();
        } else {
            lose(ended);
        }
        if (wire_ != nullptr)
            notices = wire_->take_notices();
        else if (was_idle)
            idle_loss = std::move(on_idle_loss_);
    }
    report_notices(notices);
    if (idle_loss)
        idle_loss();
    dispatch_all(ended);
}

void connection_impl::writable() {
    exchange_list ended;
    {
        std::lock_guard const lock{mutex_};
        write_armed_ = false;
        if (wire_ != nullptr)
            flush(ended);
    }
    dispatch_all(ended);
}

void connection_impl::arm_read() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           on_ready{shared_from_this(), &connection_impl::readable});
}

void connection_impl::arm_write() {
    if (std::exchange(write_armed_, true))
        return;
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_write,
                           on_ready{shared_from_this(), &connection_impl::writable});
}

void connection_impl::flush(exchange_list& ended) {
    switch (wire_->flush()) {
    case wire::flushed::all:
        return;
    case wire::flushed::partly:
        arm_write();
        return;
    case wire::flushed::lost:
        lose(ended);
        return;
    }
}

void connection_impl::read_answers(exchange_list& ended) {
    try {
        while (!exchanges_.empty()) {
            auto& e = exchanges_.front();
            if (!wire_->read(e.segments[e.answered], e.answers[e.answered], binding_))
                return;
            binding_.segment_ended(wire_->state());
            if (++e.answered < e.segments.size())
                continue;
            exchanges_.pop_front();
            ended.push_back(e);
        }
    } catch (error const& cause) {
        end_message_ = cause.what();
        end_all(ended, std::current_exception());
        shut();
    }
}

// The connection is broken: the oldest exchange gets the server's last words, the others the news.
void connection_impl::lose(exchange_list& ended) {
    segment_answer unasked;
    if (exchanges_.empty()) {
        end_message_ = last_words(unasked);
    } else {
        auto& e = exchanges_.front();
        end_message_ = last_words(e.answers[e.answered]);
        e.failure = loss_of(e, end_message_);
        exchanges_.pop_front();
        ended.push_back(e);
    }
    end_all(ended, std::make_exception_ptr(lost(errc::connection_lost, end_message_)));
    shut();
}

// Why the connection ended: what the server said (class 57, operator intervention), if it said
// anything, else what libpq met first; what libpq says when it is asked again is of no use.
std::string connection_impl::last_words(segment_answer& answer) {
    auto const first = wire_->message();
    wire_->read_last_words(answer);
    if (to_string(answer.state).starts_with("57"))
        return text_of(answer.error);
    return first.empty() ? "the server closed the connection" : first;
}

std::exception_ptr connection_impl::loss_of(exchange& e, std::string const& message) const {
    auto const& segment = e.segments[e.answered];
    auto const& answer = e.answers[e.answered];
    // A FATAL error in place of an item's result says that its transaction did not commit. After
    // the last item, or without a word of the server, COMMIT may or may not have happened.
    if (answer.state != sqlstate{} && answer.failed_item < segment.items.size())
        return answer.error;
    return std::make_exception_ptr(lost(segment.on_loss, message));
}

void connection_impl::end_all(exchange_list& ended, std::exception_ptr const& failure) {
    for (auto& e : exchanges_)
        e.failure = failure;
    ended.splice(ended.end(), exchanges_);
}

void connection_impl::shut() noexcept {
    boost::system::error_code ignored;
    wire_.reset(); // PQfinish says goodbye on the socket that both descriptors share
    descriptor_.close(ignored);
}

void connection_impl::close() noexcept {
    exchange_list ended;
    {
        std::lock_guard const lock{mutex_};
        if (wire_ == nullptr)
            return;
        end_message_ = "the connection was closed";
        end_all(ended, std::make_exception_ptr(lost(errc::connection_lost, end_message_)));
        shut();
    }
    post_all(ended);
}

// A continued coroutine may destroy its exchange at once: take what is needed out of it first.
void connection_impl::dispatch_all(exchange_list& ended) {
    while (!ended.empty()) {
        auto waiter = std::move(ended.front().waiter);
        ended.pop_front();
        waiter.dispatch();
    }
}

void connection_impl::post_all(exchange_list& ended) {
    while (!ended.empty()) {
        auto waiter = std::move(ended.front().waiter);
        ended.pop_front();
        waiter.post();
    }
}

void connection_impl::report_notices(std::vector<sql_diagnostics> const& notices) const noexcept {
    if (observer_ != nullptr)
        for (auto const& notice : notices)
            observer_->on_notice(notice);
}

bool connection_impl::is_alive() const noexcept {
    std::lock_guard const lock{mutex_};
    return wire_ != nullptr;
}

connection_impl::condition connection_impl::at_rest() const noexcept {
    std::lock_guard const lock{mutex_};
    if (wire_ == nullptr)
        return condition::gone;
    if (!exchanges_.empty() || claimed_.test(std::memory_order_acquire))
        return condition::busy;
    return binding_.state() == transaction_state::idle ? condition::ready
                                                       : condition::in_transaction;
}

bool connection_impl::on_idle_loss(std::function<void()> callback) {
    std::lock_guard const lock{mutex_};
    on_idle_loss_ = std::move(callback);
    return wire_ != nullptr;
}

std::uint64_t connection_impl::round_trips() const noexcept {
    std::lock_guard const lock{mutex_};
    return round_trips_;
}

std::string connection_impl::parameter_status(char const* name) const {
    std::lock_guard const lock{mutex_};
    return wire_ == nullptr ? std::string{} : wire_->parameter_status(name);
}

binding connection_impl::binding_now() const noexcept {
    std::lock_guard const lock{mutex_};
    return binding_;
}

} // namespace copg::detail
