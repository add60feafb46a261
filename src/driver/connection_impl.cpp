// SPDX-License-Identifier: BSL-1.0
#include "driver/connection_impl.hpp"

#include "base/exception_text.hpp"
#include "driver/cancel_request.hpp"

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

error timeout_error() {
    return {errc::query_timeout,
            "the statement did not end within its time limit; the server was asked to stop it"};
}

} // namespace

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
                                 connect_options options)
    : executor_{std::move(executor)},
      options_{std::move(options)},
      backend_{options_.statement_cache()},
      descriptor_{executor_, duplicate(PQsocket(connection.get()))},
      timer_{executor_},
      wire_{std::make_unique<wire>(std::move(connection))} {
    backend_pid_ = wire_->backend_pid();
    shutdown_service::of(executor_).add(*this);
}

connection_impl::~connection_impl() {
    shutdown_service::of(executor_).remove(*this);
    std::vector<std::shared_ptr<cancel_request>> cancelling;
    {
        std::lock_guard const lock{mutex_};
        cancelling.swap(cancels_);
    }
    for (auto const& request : cancelling)
        request->forget();
    close();
}

void connection_impl::context_gone() noexcept {
    exchange_list waiting;
    std::vector<std::shared_ptr<cancel_request>> cancelling;
    {
        std::lock_guard const lock{mutex_};
        cancelling.swap(cancels_);
        if (wire_ != nullptr) {
            end_message_ = "the event loop was destroyed";
            waiting.splice(waiting.end(), exchanges_);
            shut();
        }
    }
    for (auto const& request : cancelling)
        request->forget();
    while (!waiting.empty()) {
        auto const destroyed = std::move(waiting.front().waiter);
        waiting.pop_front();
    }
    std::lock_guard const lock{mutex_};
    detached_.clear();
}

void connection_impl::start() {
    std::lock_guard const lock{mutex_};
    note_rest();
    arm_read();
}

void connection_impl::readable() {
    ready_list ready;
    std::vector<sql_diagnostics> notices;
    std::vector<notification> notifications;
    std::function<void(notification const&)> notify;
    std::function<void()> idle_loss;
    {
        std::lock_guard const lock{mutex_};
        read_armed_ = false;
        if (wire_ == nullptr)
            return;
        auto const was_idle = exchanges_.empty();
        if (wire_->consume()) {
            read_answers(ready);
            if (wire_ != nullptr)
                flush(ready);
        } else {
            lose(ready);
        }
        if (wire_ != nullptr) {
            notices = wire_->take_notices();
            notifications = wire_->take_notifications();
            if (!notifications.empty())
                notify = on_notification_;
        } else if (was_idle) {
            idle_loss = std::move(on_idle_loss_);
        }
    }
    report_notices(notices);
    if (notify)
        for (auto const& received : notifications)
            notify(received);
    if (idle_loss)
        idle_loss();
    dispatch_all(ready);
}

void connection_impl::writable() {
    ready_list ready;
    {
        std::lock_guard const lock{mutex_};
        write_armed_ = false;
        if (wire_ != nullptr)
            flush(ready);
    }
    dispatch_all(ready);
}

void connection_impl::arm_read() {
    if (std::exchange(read_armed_, true))
        return;
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           on_ready{shared_from_this(), &connection_impl::readable});
}

void connection_impl::arm_write() {
    if (std::exchange(write_armed_, true))
        return;
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_write,
                           on_ready{shared_from_this(), &connection_impl::writable});
}

void connection_impl::flush(ready_list& ready) {
    switch (wire_->flush()) {
    case wire::flushed::all:
        if (!exchanges_.empty() && exchanges_.front().waits_for_flush())
            wake(exchanges_.front(), ready);
        return;
    case wire::flushed::partly:
        arm_write();
        return;
    case wire::flushed::lost:
        lose(ready);
        return;
    }
}

void connection_impl::read_answers(ready_list& ready) {
    using progress = exchange::progress;
    try {
        while (!exchanges_.empty()) {
            auto& e = exchanges_.front();
            if (e.is_barrier()) {
                settle_if_done(ready);
                break;
            }
            auto const got = e.read(*wire_, binding_, backend_);
            if (got == progress::ended) {
                end(e, nullptr, ready);
                continue;
            }
            if (e.has_news())
                wake(e, ready);
            if (got == progress::paused) // nothing more is taken in until somebody takes it out
                return;
            break;
        }
    } catch (std::exception const& cause) {
        end_message_ = cause.what();
        end_all(ready, std::current_exception());
        shut();
        return;
    }
    settle_if_done(ready);
    arm_read();
}

// One timer for all limits, which come and go with each statement: it is armed only for what is
// earlier than what it waits for, and looks around when it fires.
void connection_impl::arm_timer(clock::time_point at) {
    if (timer_at_ && *timer_at_ <= at)
        return;
    timer_at_ = at;
    timer_.expires_at(at);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code const& ec) {
        if (auto const self = weak.lock(); self && !ec)
            self->on_timer();
    });
}

void connection_impl::on_timer() {
    ready_list ready;
    auto late = false;
    {
        std::lock_guard const lock{mutex_};
        timer_at_.reset();
        if (wire_ == nullptr)
            return;
        auto const now = clock::now();
        late = settle_by_ && *settle_by_ <= now;
        for (auto next = exchanges_.begin(); !late && next != exchanges_.end();) {
            auto& e = *next++;
            if (!e.deadline)
                continue;
            if (*e.deadline <= now)
                detach(e, std::make_exception_ptr(timeout_error()), stopping::at_once, ready);
            else
                arm_timer(*e.deadline);
        }
        if (settle_by_ && !late)
            arm_timer(*settle_by_);
        if (ask_again_at_ && !late) {
            if (*ask_again_at_ > now) {
                arm_timer(*ask_again_at_);
            } else {
                ask_again_at_.reset();
                ask_to_stop();
            }
        }
    }
    if (late)
        close();
    post_all(ready);
}

// The connection is broken: the oldest exchange gets the server's last words, the others the news.
void connection_impl::lose(ready_list& ready) {
    segment_answer unasked;
    if (exchanges_.empty()) {
        end_message_ = last_words(unasked);
    } else {
        end_message_ = last_words(exchanges_.front().under_way());
    }
    lose_all(ready);
    shut();
}

/// The first exchange is the one that may have had its effect.
void connection_impl::lose_all(ready_list& ready) {
    if (!exchanges_.empty()) {
        auto& e = exchanges_.front();
        end(e, e.loss(end_message_), ready);
    }
    end_all(ready, std::make_exception_ptr(lost_error(errc::connection_lost, end_message_)));
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

void connection_impl::end_all(ready_list& ready, std::exception_ptr const& failure) {
    while (!exchanges_.empty())
        end(exchanges_.front(), failure, ready);
}

void connection_impl::shut() noexcept {
    boost::system::error_code ignored;
    wire_.reset(); // PQfinish says goodbye on the socket that both descriptors share
    descriptor_.close(ignored);
    timer_.cancel();
    settle_by_.reset();
    ask_again_at_.reset();
    settled_.store(true, std::memory_order_release);
    resting_.store(false, std::memory_order_release);
}

void connection_impl::note_rest() noexcept {
    resting_.store(wire_ != nullptr && exchanges_.empty() && is_settled() &&
                       binding_.state() == transaction_state::idle,
                   std::memory_order_release);
}

void connection_impl::close() noexcept {
    ready_list ready;
    {
        std::lock_guard const lock{mutex_};
        if (wire_ == nullptr)
            return;
        end_message_ = settle_by_ && *settle_by_ <= clock::now()
                           ? "the server did not stop a cancelled statement in time"
                           : "the connection was closed";
        lose_all(ready);
        shut();
    }
    post_all(ready);
}

// A continued coroutine may destroy what it waited for at once.
void connection_impl::dispatch_all(ready_list& ready) {
    for (auto& waiter : ready)
        waiter.dispatch();
}

void connection_impl::post_all(ready_list& ready) {
    for (auto& waiter : ready)
        waiter.post();
}

void connection_impl::report_notices(std::vector<sql_diagnostics> const& notices) const noexcept {
    if (options_.observer() != nullptr)
        for (auto const& notice : notices)
            options_.observer()->on_notice(notice);
}

bool connection_impl::is_alive() const noexcept {
    std::lock_guard const lock{mutex_};
    return wire_ != nullptr;
}

connection_impl::condition connection_impl::at_rest() const noexcept {
    if (resting_.load(std::memory_order_acquire) && !holder_.is_taken())
        return condition::ready; // a loss that comes just now is told by on_idle_loss
    std::lock_guard const lock{mutex_};
    if (wire_ == nullptr)
        return condition::gone;
    if (holder_.is_taken())
        return condition::busy;
    if (!is_settled())
        return condition::unsettled;
    if (!exchanges_.empty())
        return condition::busy;
    return binding_.state() == transaction_state::idle ? condition::ready
                                                       : condition::in_transaction;
}

bool connection_impl::on_idle_loss(std::function<void()> callback) {
    std::lock_guard const lock{mutex_};
    on_idle_loss_ = std::move(callback);
    return wire_ != nullptr;
}

void connection_impl::on_notification(std::function<void(notification const&)> callback) {
    std::lock_guard const lock{mutex_};
    on_notification_ = std::move(callback);
    if (wire_ != nullptr)
        wire_->keep_notifications(on_notification_ != nullptr);
}

request_statistics connection_impl::requests() const noexcept {
    std::lock_guard const lock{mutex_};
    return requests_;
}

std::uint64_t connection_impl::round_trips() const noexcept {
    std::lock_guard const lock{mutex_};
    return round_trips_;
}

std::string connection_impl::parameter_status(char const* name) const {
    std::lock_guard const lock{mutex_};
    return wire_ == nullptr ? std::string{} : wire_->parameter_status(name);
}

std::string connection_impl::end_message() const {
    std::lock_guard const lock{mutex_};
    return end_message_;
}

binding connection_impl::binding_now() const noexcept {
    std::lock_guard const lock{mutex_};
    return binding_;
}

} // namespace copg::detail
