// SPDX-License-Identifier: BSL-1.0
#include "pool/pool_impl.hpp"

#include "base/exception_text.hpp"
#include "base/numbered_cancellation.hpp"
#include "driver/connect_error.hpp"
#include "driver/runner.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/container/small_vector.hpp>

#include <fmt/format.h>

#include <atomic>
#include <utility>

namespace copg::detail {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds cleaning_limit{10};

unsigned random_seed() {
    return std::random_device{}();
}

std::exception_ptr closed_error() {
    return std::make_exception_ptr(error{errc::pool_closed, "the pool is closed"});
}

} // namespace

/// What the core decided, to be done when the mutex is free.
struct pool_impl::decisions {
    boost::container::small_vector<resumption, 4> ready;
    boost::container::small_vector<std::shared_ptr<connection_impl>, 1> to_close;
    std::size_t connects = 0;
};

struct pool_impl::start_waiting {
    pool_impl* self;
    acquire_operation* operation;

    template <class Handler>
    void operator()(Handler&& handler) const {
        auto slot = asio::get_associated_cancellation_slot(handler);
        operation->waiter = resumption{std::forward<Handler>(handler)};
        if (slot.is_connected()) {
            {
                std::lock_guard const lock{self->mutex_};
                operation->id = ++self->last_id_;
                self->cancellable_.emplace(operation->id, operation);
            }
            slot.template emplace<numbered_cancellation<pool_impl>>(
                self->weak_from_this(), &pool_impl::cancel, operation->id);
        }
        self->wait(*operation);
    }
};

acquire_operation::acquire_operation(pool_impl& owner,
                                     session const& session,
                                     std::chrono::milliseconds bound)
    : pool{owner}, limit{bound} {
    wanted = session;
    if (limit.count() > 0)
        deadline = steady_clock::now() + limit;
}

acquire_operation::~acquire_operation() {
    if (waiter || granted != nullptr)
        pool.abandon(*this);
}

pool_impl::pool_impl(asio::any_io_executor executor,
                     connect_options target,
                     pool_options const& options)
    : executor_{std::move(executor)},
      target_{std::move(target)},
      options_{options.checked()},
      core_{options_, random_seed()},
      timer_{executor_} {
    shutdown_service::of(executor_).add(*this);
}

pool_impl::~pool_impl() {
    shutdown_service::of(executor_).remove(*this);
}

void pool_impl::context_gone() noexcept {
    decisions destroyed;
    std::lock_guard const lock{mutex_};
    closed_ = true;
    refuse_all(destroyed, closed_error());
}

void pool_impl::start() {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        decide(due);
    }
    act(due);
}

pool_slot* pool_impl::take(session const& wanted) {
    std::lock_guard const lock{mutex_};
    return closed_ ? nullptr : core_.take(wanted);
}

asio::awaitable<lease> pool_impl::acquire(session wanted, std::chrono::milliseconds limit) {
    auto self = shared_from_this();
    if (auto* const slot = take(wanted))
        co_return lease{std::move(self), *slot, std::move(wanted)};

    acquire_operation operation{*this, wanted, limit};
    auto const initiation = start_waiting{this, &operation};
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(initiation,
                                                                         asio::use_awaitable);
    if (operation.failure)
        std::rethrow_exception(operation.failure);
    auto* const slot = std::exchange(operation.granted, nullptr);
    co_return lease{std::move(self), *slot, std::move(wanted)};
}

void pool_impl::wait(acquire_operation& operation) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto failure = closed_ ? closed_error() : known_refusal();
        if (failure)
            refuse(due, operation, failure);
        else
            core_.enqueue(operation);
        decide(due);
    }
    act(due);
}

// While the server is known to refuse for good, callers hear it at once instead of at the next try.
std::exception_ptr pool_impl::known_refusal() const {
    auto const refused = last_connect_failure_ && core_.connected_count() == 0 &&
                         is_incurable(last_connect_failure_) &&
                         core_.backing_off(steady_clock::now());
    return refused ? last_connect_failure_ : nullptr;
}

void pool_impl::cancel(std::uint64_t id) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto const found = cancellable_.find(id);
        if (found == cancellable_.end() || !core_.withdraw(*found->second))
            return;
        refuse(due,
               *found->second,
               std::make_exception_ptr(
                   boost::system::system_error{asio::error::operation_aborted, "acquire"}));
    }
    act(due);
}

void pool_impl::abandon(acquire_operation& operation) noexcept {
    {
        std::lock_guard const lock{mutex_};
        core_.withdraw(operation);
        cancellable_.erase(operation.id);
    }
    if (operation.granted != nullptr)
        release(*operation.granted);
}

void pool_impl::release(pool_slot& slot) noexcept {
    using condition = connection_impl::condition;
    decisions due;
    auto cleans = false;
    {
        std::lock_guard const lock{mutex_};
        // Asked under the mutex: a loss that comes later finds the connection among the idle ones.
        auto const state = slot.connection->at_rest();
        if (closed_ || state == condition::busy || state == condition::gone) {
            remove(due, slot);
        } else if (state == condition::in_transaction || state == condition::unsettled) {
            core_.start_cleaning(slot);
            cleans = true;
        } else {
            slot.connection->backend().end_borrow(options_.reset);
            core_.give_back(slot);
        }
        decide(due);
    }
    act(due);
    if (cleans)
        start_cleaning(slot);
}

void pool_impl::start_cleaning(pool_slot& slot) {
    auto const connection = slot.connection;
    auto const limit = std::make_shared<asio::steady_timer>(executor_, cleaning_limit);
    auto const over =
        std::make_shared<std::atomic<bool>>(false); // the timer's handler can be queued
    limit->async_wait([connection, over](boost::system::error_code const& ec) {
        if (!ec && !*over)
            connection->close();
    });
    auto done = [self = shared_from_this(), limit, over, &slot](std::exception_ptr const&) {
        *over = true;
        limit->cancel();
        self->cleaning_ended(slot);
    };
    asio::co_spawn(executor_, make_ready(connection), std::move(done));
}

void pool_impl::cleaning_ended(pool_slot& slot) {
    if (slot.connection->at_rest() != connection_impl::condition::ready)
        slot.connection->close();
    release(slot);
}

/// Under the mutex: what follows from the event that the core has just been told.
void pool_impl::decide(decisions& due) {
    while (auto* const waiter = core_.next_granted()) {
        auto& operation = static_cast<acquire_operation&>(*waiter);
        cancellable_.erase(operation.id);
        due.ready.push_back(std::move(operation.waiter));
    }
    if (!closed_ && core_.needs_connections())
        due.connects += core_.connects_due(steady_clock::now());
    arm_timer();
}

/// Without the mutex. Waiters go on from their executor's queue, never from inside this call.
void pool_impl::act(decisions& due) {
    for (auto& waiter : due.ready)
        waiter.post();
    for (auto const& connection : due.to_close)
        connection->close();
    for (; due.connects > 0; --due.connects)
        start_connect();
}

void pool_impl::refuse(decisions& due, pool_waiter& waiter, std::exception_ptr const& failure) {
    auto& operation = static_cast<acquire_operation&>(waiter);
    cancellable_.erase(operation.id);
    operation.failure = failure;
    due.ready.push_back(std::move(operation.waiter));
}

void pool_impl::refuse_all(decisions& due, std::exception_ptr const& failure) {
    while (auto* const waiter = core_.next_refused())
        refuse(due, *waiter, failure);
}

void pool_impl::remove(decisions& due, pool_slot& slot) {
    past_round_trips_ += slot.connection->round_trips();
    due.to_close.push_back(std::move(slot.connection));
    core_.remove(slot);
}

void pool_impl::arm_timer() {
    if (closed_)
        return;
    auto const next = core_.next_event();
    if (!next || (timer_at_ && *timer_at_ <= *next))
        return; // nothing is due, or the timer fires before that anyway and looks again
    timer_at_ = next;
    timer_.expires_at(*next);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code const& ec) {
        if (auto const self = weak.lock(); self && !ec)
            self->on_timer();
    });
}

void pool_impl::on_timer() {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        timer_at_.reset();
        auto const now = steady_clock::now();
        while (auto* const waiter = core_.next_expired(now))
            refuse(due, *waiter, timeout_error(static_cast<acquire_operation const&>(*waiter)));
        decide(due);
    }
    act(due);
}

std::exception_ptr pool_impl::timeout_error(acquire_operation const& operation) const {
    auto const now = core_.statistics();
    auto const unreachable = core_.connected_count() == 0 && last_connect_failure_ != nullptr;
    auto text =
        unreachable
            ? fmt::format("no connection within {} ms", operation.limit.count())
            : fmt::format("acquire timed out after {} ms: of at most {} connections {} are in use, "
                          "{} are being made; {} more coroutines are waiting",
                          operation.limit.count(),
                          now.maximum,
                          now.in_use + now.closing,
                          now.connecting,
                          now.waiting);
    if (last_connect_failure_)
        text += "; the last attempt to connect: " + text_of(last_connect_failure_);
    return std::make_exception_ptr(
        error{unreachable ? errc::connect_failed : errc::acquire_timeout, text});
}

void pool_impl::start_connect() {
    auto done = [self = shared_from_this()](std::exception_ptr failure,
                                            std::shared_ptr<connection_impl> connection) {
        self->connect_ended(std::move(failure), std::move(connection));
    };
    auto const attempt = connect_attempt::start(executor_, target_, std::move(done));
    {
        std::lock_guard const lock{mutex_};
        std::erase_if(attempts_, [](auto const& old) { return old.expired(); });
        attempts_.push_back(attempt);
        if (!closed_)
            return;
    }
    attempt->cancel(); // closed meanwhile
}

void pool_impl::connect_ended(std::exception_ptr failure,
                              std::shared_ptr<connection_impl> connection) {
    auto const on_loss = [weak = weak_from_this(), lost = connection.get()] {
        if (auto const self = weak.lock())
            self->idle_connection_lost(lost);
    };
    if (connection && !connection->on_idle_loss(on_loss))
        failure = std::make_exception_ptr(
            error{errc::connect_failed, "connect failed: the connection broke at once"});
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        if (closed_) {
            core_.connect_abandoned();
            if (connection)
                due.to_close.push_back(std::move(connection));
        } else if (failure) {
            core_.connect_failed(steady_clock::now());
            last_connect_failure_ = failure;
            if (is_incurable(failure))
                refuse_all(due, failure);
        } else {
            last_connect_failure_ = nullptr;
            core_.connected(std::move(connection));
        }
        decide(due);
    }
    act(due);
}

void pool_impl::idle_connection_lost(connection_impl const* connection) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        if (auto* const slot = core_.find_idle(connection))
            remove(due, *slot);
        decide(due);
    }
    act(due);
}

void pool_impl::close() noexcept {
    decisions due;
    std::vector<std::weak_ptr<connect_attempt>> attempts;
    {
        std::lock_guard const lock{mutex_};
        if (std::exchange(closed_, true))
            return;
        refuse_all(due, closed_error());
        while (auto* const slot = core_.next_idle_to_close())
            remove(due, *slot);
        attempts.swap(attempts_);
        timer_at_.reset();
        timer_.cancel();
    }
    for (auto const& weak : attempts)
        if (auto const attempt = weak.lock())
            attempt->cancel();
    act(due);
}

pool_statistics pool_impl::statistics() const noexcept {
    std::lock_guard const lock{mutex_};
    auto snapshot = core_.statistics();
    snapshot.round_trips = past_round_trips_;
    for (auto const& slot : core_.slots())
        snapshot.round_trips += slot.connection->round_trips();
    return snapshot;
}

} // namespace copg::detail
