// SPDX-License-Identifier: BSL-1.0
// What a pool does with a connection itself: rollbacks, signs of life, the application's hooks.
#include "driver/runner.hpp"
#include "pool/pool_impl.hpp"

#include <copg/base/with_deadline.hpp>
#include <copg/driver/connection.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace copg::detail {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds cleaning_limit{10};
constexpr std::chrono::seconds check_limit{5};
constexpr int most_hook_failures = 3; // in one acquire

asio::awaitable<void> ask_for_life(std::shared_ptr<connection_impl> shared) {
    connection const borrowed{std::move(shared)};
    co_await borrowed.ping();
}

} // namespace

/// Runs a hook, within the limit. @throws what it throws, error errc::deadline_exceeded
asio::awaitable<void> pool_impl::limited(asio::awaitable<void> hook) {
    if (hook_timeout_.count() > 0)
        co_await with_deadline(hook_timeout_, std::move(hook));
    else
        co_await std::move(hook);
}

asio::awaitable<void> pool_impl::call(std::function<asio::awaitable<void>(connection&)> const& hook,
                                      std::shared_ptr<connection_impl> shared) {
    connection borrowed{std::move(shared)};
    auto calling = hook(borrowed);
    co_await limited(std::move(calling));
}

asio::awaitable<void> pool_impl::call_before_grant(std::shared_ptr<connection_impl> shared,
                                                   session bound_to) {
    connection borrowed{std::move(shared)};
    auto calling = hooks_.before_grant(borrowed, bound_to);
    co_await limited(std::move(calling));
}

/// Starts a hook on a strand and continues the caller at its end. Cancelling the caller does not
/// cancel the hook, which ends within its limit.
struct pool_impl::start_hook {
    pool_impl* self;
    asio::awaitable<void>* hook;
    std::exception_ptr* failure;

    template <class Handler>
    void operator()(Handler&& handler) const {
        auto const waiter = std::make_shared<resumption>(std::forward<Handler>(handler));
        asio::co_spawn(asio::make_strand(self->executor_),
                       std::move(*hook),
                       [waiter, to = failure](std::exception_ptr thrown) {
                           *to = std::move(thrown);
                           waiter->post();
                       });
    }
};

/// The slot is in use by the caller. @return what the hook failed with
asio::awaitable<std::exception_ptr> pool_impl::before_grant(pool_slot& slot, session bound_to) {
    std::exception_ptr failure;
    auto const shared = slot.connection;
    auto hook = call_before_grant(shared, std::move(bound_to));
    auto const initiation = start_hook{this, &hook, &failure};
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(initiation,
                                                                         asio::use_awaitable);
    if (failure == nullptr && shared->at_rest() != connection_impl::condition::ready)
        failure = std::make_exception_ptr(
            error{errc::connection_busy,
                  "before_grant left the connection closed, busy or in a transaction"});
    co_return failure;
}

/// Hands the connection, or another one, to the hook until one is accepted. A cancellation gives
/// back what the lease holds.
asio::awaitable<lease> pool_impl::pass_hook(lease held, acquire_request request) {
    auto const until = steady_clock::now() + bounded(request.limit);
    for (int tries = 1;; ++tries) {
        auto const failure = co_await before_grant(*held.slot(), request.wanted);
        if (failure == nullptr)
            co_return held;
        held.discard();
        if (tries == most_hook_failures)
            std::rethrow_exception(failure);
        if (request.limit.count() > 0) // of the whole acquire
            request.limit =
                until > steady_clock::now()
                    ? std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now())
                    : std::chrono::milliseconds{-1};
        auto next = co_await acquire_again(request);
        held = std::move(next);
    }
}

void pool_impl::discard(pool_slot& slot, close_reason reason) noexcept {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto const now = steady_clock::now();
        slot.connection->backend().transactions().leave_all();
        remove(due, slot, reason, now);
        decide(due, now);
    }
    act(due);
}

asio::awaitable<void> pool_impl::clean(std::shared_ptr<connection_impl> shared) {
    if (shared->at_rest() != connection_impl::condition::ready) {
        auto cleaning = make_ready(shared);
        co_await with_deadline(cleaning_limit, std::move(cleaning));
    }
    if (hooks_.after_release && shared->at_rest() == connection_impl::condition::ready)
        co_await call(hooks_.after_release, shared);
}

void pool_impl::start_cleaning(pool_slot& slot) {
    auto done = [self = shared_from_this(), &slot](std::exception_ptr const& failure) {
        self->cleaning_ended(slot, failure);
    };
    asio::co_spawn(asio::make_strand(executor_), clean(slot.connection), std::move(done));
}

void pool_impl::cleaning_ended(pool_slot& slot, std::exception_ptr const& failure) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto const now = steady_clock::now();
        auto const state = slot.connection->at_rest();
        if (failure == nullptr && state == connection_impl::condition::ready)
            put_back(due, slot, now);
        else
            remove(due, slot, closed_ ? close_reason::pool_closed : close_reason::unusable, now);
        decide(due, now);
    }
    act(due);
}

asio::awaitable<void> pool_impl::check(std::shared_ptr<connection_impl> shared) {
    auto asking = ask_for_life(std::move(shared));
    co_await with_deadline(check_limit, std::move(asking));
}

void pool_impl::start_check(pool_slot& slot) {
    auto done = [self = shared_from_this(), &slot](std::exception_ptr const& failure) {
        self->check_ended(slot, failure);
    };
    asio::co_spawn(asio::make_strand(executor_), check(slot.connection), std::move(done));
}

void pool_impl::check_ended(pool_slot& slot, std::exception_ptr const& failure) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto const now = steady_clock::now();
        if (failure != nullptr || slot.connection->at_rest() != connection_impl::condition::ready) {
            core_.check_failed(slot);
            remove(due, slot, close_reason::lost, now);
        } else if (auto const reason = core_.check_ended(slot, now)) {
            close_slot(due, slot, *reason, now);
        }
        decide(due, now);
    }
    act(due);
}

void pool_impl::start_farewell(pool_slot& slot, close_reason reason) {
    auto done = [self = shared_from_this(), &slot, reason](std::exception_ptr const&) {
        self->farewell_ended(slot, reason);
    };
    asio::co_spawn(
        asio::make_strand(executor_), call(hooks_.before_close, slot.connection), std::move(done));
}

void pool_impl::farewell_ended(pool_slot& slot, close_reason reason) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto const now = steady_clock::now();
        remove(due, slot, reason, now);
        decide(due, now);
    }
    act(due);
}

} // namespace copg::detail
