// SPDX-License-Identifier: BSL-1.0
#include "pool/pool_impl.hpp"

#include "base/coarse_clock.hpp"
#include "base/numbered_cancellation.hpp"

#include <copg/pool/connection_budget.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace copg::detail {
namespace {

using std::chrono::steady_clock;

unsigned random_seed() {
    return std::random_device{}();
}

} // namespace

std::exception_ptr closed_error() {
    return std::make_exception_ptr(error{errc::pool_closed, "the pool is closed"});
}

struct pool_impl::start_waiting {
    pool_impl* self;
    acquire_operation* operation;

    template <class Handler>
    void operator()(Handler&& handler) const {
        auto const alive = self->shared_from_this(); // the waiter may end meanwhile, elsewhere
        auto slot = asio::get_associated_cancellation_slot(handler);
        operation->look_around(context_of(asio::get_associated_executor(handler)).get());
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

acquire_operation::acquire_operation(pool_impl& owner, acquire_request const& request)
    : pool{owner} {
    wanted = request.wanted;
    where = request.where;
    scope = request.scope;
    if (request.limit.count() != 0)
        deadline = steady_clock::now() + bounded(request.limit);
}

acquire_operation::~acquire_operation() {
    if (waiter || granted != nullptr)
        pool.abandon(*this);
}

std::unique_ptr<budget_member> pool_impl::join_budget(asio::any_io_executor const& executor,
                                                      pool_options const& options,
                                                      link self) {
    if (options.budget == nullptr)
        return nullptr;
    auto const post_to = [executor, self](void (pool_impl::*what)()) {
        return [executor, self, what] {
            asio::post(executor, [self, what] {
                if (auto const alive = self->lock())
                    (alive.get()->*what)();
            });
        };
    };
    return std::make_unique<budget_member>(
        options.budget->state(),
        options.budget_minimum,
        budget_member::callbacks{post_to(&pool_impl::ask_again), post_to(&pool_impl::reclaim)});
}

pool_impl::pool_impl(asio::any_io_executor executor,
                     connect_options target,
                     pool_options const& options)
    : executor_{std::move(executor)},
      hooks_{options.checked().hooks},
      hook_timeout_{options.hook_timeout},
      acquire_timeout_{options.acquire_timeout},
      reset_{options.reset},
      charges_{options.tenant_maximum != 0 || !options.tenant_maxima.empty()},
      self_{std::make_shared<std::weak_ptr<pool_impl>>()},
      member_{join_budget(executor_, options, self_)},
      target_{target_of(std::move(target), options)},
      core_{options, random_seed(), member_.get()},
      timer_{executor_},
      server_{watch_of(target_)} {
    shutdown_service::of(executor_).add(*this);
}

pool_impl::~pool_impl() {
    server_->abandon(this);
    shutdown_service::of(executor_).remove(*this);
}

/// A hook that changes the target makes the pool one of its own.
std::shared_ptr<server_watch> pool_impl::watch_of(connect_options const& target) const {
    return hooks_.before_connect ? std::make_shared<server_watch>()
                                 : server_watch::of(target.target());
}

void pool_impl::context_gone() noexcept {
    decisions destroyed;
    std::vector<resumption> drains;
    std::lock_guard const lock{mutex_};
    closed_ = true;
    core_.close();
    drains.swap(drains_);
    refuse_all(destroyed, closed_error());
}

void pool_impl::start() {
    *self_ = weak_from_this();
    if (hooks_.before_connect ||
        hooks_.after_connect) // they run when whoever makes the pool has it
        asio::post(executor_, [self = shared_from_this()] { self->ask_again(); });
    else
        ask_again();
}

void pool_impl::ask_again() {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        decide(due, steady_clock::now());
    }
    act(due);
}

void pool_impl::reclaim() {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        core_.reclaim();
        decide(due, steady_clock::now());
        member_->reclaim_ended();
    }
    act(due);
}

pool_slot*
pool_impl::take(session const& wanted, std::source_location const& where, std::uint64_t scope) {
    auto const now = charges_ ? steady_clock::now() : coarse_now();
    std::unique_lock lock{mutex_};
    auto* const slot = core_.take(wanted, where, now, scope);
    if (slot == nullptr || !core_.may_be_deadlocked())
        return slot;
    decisions due; // its scope has waiters inside that no longer have anything to wait for
    decide(due, steady_clock::now());
    lock.unlock();
    act(due);
    return slot;
}

// One coroutine for the wait and what is around it: a waiter costs one frame.
asio::awaitable<lease> pool_impl::acquire(std::shared_ptr<pool_impl> self,
                                          acquire_request request) {
    auto* slot = take(request.wanted, request.where, request.scope);
    if (slot == nullptr) {
        acquire_operation operation{*this, request};
        auto const initiation = start_waiting{this, &operation};
        co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(initiation,
                                                                             asio::use_awaitable);
        if (operation.failure)
            std::rethrow_exception(operation.failure);
        slot = std::exchange(operation.granted, nullptr);
    }
    lease held{std::move(self), *slot, request.wanted};
    if (!has_grant_hook())
        co_return held;
    auto passed = co_await pass_hook(std::move(held), std::move(request));
    co_return passed;
}

/// As acquire(), for who has had a connection that was no good.
asio::awaitable<lease> pool_impl::acquire_again(acquire_request request) {
    acquire_operation operation{*this, request};
    auto const initiation = start_waiting{this, &operation};
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(initiation,
                                                                         asio::use_awaitable);
    if (operation.failure)
        std::rethrow_exception(operation.failure);
    auto* const slot = std::exchange(operation.granted, nullptr);
    co_return lease{shared_from_this(), *slot, std::move(request.wanted)};
}

void pool_impl::wait(acquire_operation& operation) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto const now = steady_clock::now();
        auto failure = closed_ ? closed_error() : known_refusal(now);
        if (failure)
            core_.refused();
        else if (!core_.enqueue(operation, now))
            failure = std::make_exception_ptr(
                error{errc::queue_full,
                      "too many coroutines wait for a connection already (wait_queue_limit)"});
        if (failure)
            refuse(due, operation, failure);
        decide(due, now);
    }
    act(due);
}

void pool_impl::cancel(std::uint64_t id) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto const found = cancellable_.find(id);
        if (found == cancellable_.end() || !core_.withdraw(*found->second, steady_clock::now()))
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
        core_.withdraw(operation, steady_clock::now());
        cancellable_.erase(operation.id);
    }
    if (operation.granted != nullptr)
        release(*operation.granted);
}

void pool_impl::release(pool_slot& slot) noexcept {
    auto const now = charges_ ? steady_clock::now() : coarse_now();
    std::unique_lock lock{mutex_};
    // Asked under the mutex: a loss that comes later finds the connection among the idle ones.
    auto const state = slot.connection->at_rest();
    if (core_.waiting() > 0 || core_.needs_connections() || closed_ ||
        state != connection_impl::condition::ready || hooks_.after_release) {
        release_slowly(slot, state, std::move(lock));
        return;
    }
    auto& backend = slot.connection->backend();
    backend.end_borrow(reset_);
    auto const reason = core_.release(slot, backend.reset_due() == leftovers::none, now);
    if (!reason)
        return; // nothing follows from one more idle connection
    decisions due;
    close_slot(due, slot, *reason, now);
    decide(due, steady_clock::now());
    lock.unlock();
    act(due);
}

void pool_impl::release_slowly(pool_slot& slot,
                               connection_impl::condition state,
                               std::unique_lock<std::mutex> lock) {
    using condition = connection_impl::condition;
    auto const now = steady_clock::now();
    decisions due;
    if (state != condition::ready && state != condition::gone)
        note_open_transaction(due, slot, now);
    slot.connection->backend().transactions().leave_all();
    if (state == condition::gone) {
        remove(due, slot, close_reason::lost, now);
    } else if (state == condition::busy || (closed_ && state != condition::ready)) {
        remove(due, slot, closed_ ? close_reason::pool_closed : close_reason::unusable, now);
    } else if (state != condition::ready || (hooks_.after_release && !closed_)) {
        core_.start_closing(slot, now);
        due.to_clean.push_back(&slot);
    } else {
        put_back(due, slot, now);
    }
    decide(due, now);
    lock.unlock();
    act(due);
}

/// A connection that is at rest is idle again, unless it has to go.
void pool_impl::put_back(decisions& due, pool_slot& slot, time now) {
    auto& backend = slot.connection->backend();
    backend.end_borrow(reset_);
    if (auto const reason = core_.release(slot, backend.reset_due() == leftovers::none, now))
        close_slot(due, slot, *reason, now);
}

void pool_impl::close_slot(decisions& due, pool_slot& slot, close_reason reason, time now) {
    if (hooks_.before_close)
        due.farewells.push_back({&slot, reason});
    else
        remove(due, slot, reason, now);
}

void pool_impl::remove(decisions& due, pool_slot& slot, close_reason reason, time now) {
    past_round_trips_ += slot.connection->round_trips();
    auto requests = slot.connection->requests(); // what still runs will have failed
    requests.completed += requests.active;
    requests.failed += std::exchange(requests.active, 0);
    past_requests_ += requests;
    due.to_close.push_back({std::move(slot.connection), reason});
    core_.remove(slot, reason, now);
    end_drains(due);
}

/// Under the mutex: what follows from the event that the core has just been told.
void pool_impl::decide(decisions& due, time now) {
    core_.tick(now);
    while (auto* const waiter = core_.next_expired(now)) {
        auto const failure = timeout_error(static_cast<acquire_operation const&>(*waiter), now);
        refuse(due, *waiter, failure);
    }
    while (auto* const waiter = core_.next_granted(now)) {
        auto& operation = static_cast<acquire_operation&>(*waiter);
        cancellable_.erase(operation.id);
        due.ready.push_back(std::move(operation.waiter));
    }
    for (auto gone = core_.next_to_close(now); gone.slot != nullptr;
         gone = core_.next_to_close(now))
        close_slot(due, *gone.slot, gone.reason, now);
    refuse_deadlocked(due, now);
    while (auto* const slot = core_.next_to_check(now))
        due.to_check.push_back(slot);
    while (auto* const slot = core_.next_to_report(now))
        due.long_leases.push_back(info_of(*slot, now));
    if (!closed_)
        due.connects += connects_due(due, now);
    arm_timer();
}

/// Without the mutex. Waiters go on from their executor's queue, never from inside this call.
void pool_impl::act(decisions& due) {
    for (auto& waiter : due.ready)
        waiter.post();
    for (auto const& closed : due.to_close) {
        closed.connection->close();
        report_close(closed.reason);
    }
    for (auto const& farewell : due.farewells)
        start_farewell(*farewell.slot, farewell.reason);
    for (auto* const slot : due.to_clean)
        start_cleaning(*slot);
    for (auto* const slot : due.to_check)
        start_check(*slot);
    for (auto const& held : due.long_leases)
        report_long_lease(held);
    for (auto const& left : due.open_transactions)
        report_open_transaction(left);
    for (auto const& weak : due.on_close)
        if (auto const call = weak.lock())
            (*call)();
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
    auto const now = steady_clock::now();
    while (auto* const waiter = core_.next_refused(now))
        refuse(due, *waiter, failure);
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
        decide(due, steady_clock::now());
    }
    act(due);
}

} // namespace copg::detail
