// SPDX-License-Identifier: BSL-1.0
#include "base/context.hpp"
#include "base/exception_text.hpp"
#include "scope/scope_level.hpp"

#include <copg/base/with_deadline.hpp>
#include <copg/base/with_retry.hpp>
#include <copg/scope/scope_run.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace copg::detail {
namespace {

using clock = std::chrono::steady_clock;

/// Whether running it again may help: the failure itself, or what it came from, says so.
bool may_be_retried(std::exception_ptr const& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (transaction_error const& e) {
        return e.outcome() == transaction_outcome::rolled_back && e.cause() &&
               is_serialization_failure(e.cause());
    } catch (...) {
        return is_serialization_failure(failure);
    }
}

} // namespace

class scope_run::state {
public:
    state(scope_key key, std::optional<database> target, transaction_options const& options)
        : key_{std::move(key)}, target_{std::move(target)}, options_{options} {
        if (auto const& policy = options_.retry_with())
            retries_.emplace(*policy, may_be_retried, nullptr);
        if (options_.timeout())
            deadline_ = clock::now() + std::min<clock::duration>(*options_.timeout(), longest);
    }

    asio::awaitable<void> enter();
    asio::awaitable<void> perform(asio::awaitable<void> body);
    asio::awaitable<bool> leave(std::exception_ptr failure);
    asio::awaitable<void> pause() { return wait_before_retry(wait_); }
    transaction_scope scope() const { return transaction_scope{level_}; }

private:
    enum class kind { none, opened, joined, inside };
    static constexpr clock::duration longest = std::chrono::hours{24 * 365};

    void put_level(asio::any_io_executor const& executor, scope_level::pointer level);
    asio::awaitable<void> run_in_place(asio::awaitable<void> body);
    asio::awaitable<std::exception_ptr> finish(std::exception_ptr failure);
    asio::awaitable<std::exception_ptr> finish_whole(std::exception_ptr failure);
    std::exception_ptr failed_after_commit(std::exception_ptr cause) const;
    bool wants_another(std::exception_ptr const& failure);

    scope_key const key_;
    std::optional<database> const target_;
    transaction_options const options_;
    std::optional<retry_run> retries_;
    std::optional<clock::time_point> deadline_;

    kind entered_ = kind::none; // of this run
    scope_level::pointer level_;
    asio::any_io_executor executor_; // of the body
    bool rolled_back_ = false;       // the whole transaction, and nothing forbids another run
    std::chrono::milliseconds wait_{0};
};

asio::awaitable<void> scope_run::state::enter() {
    entered_ = kind::none;
    rolled_back_ = false;
    auto const executor = co_await asio::this_coro::executor;
    auto const outer = find_level(context_of(executor), key_);
    if (outer == nullptr) {
        put_level(executor, scope_level::open(key_, options_, target_));
        entered_ = kind::opened;
        co_return;
    }
    outer->transaction()->check_join(options_);
    if (target_)
        outer->transaction()->check_target(*target_);
    if (options_.nesting() == nesting::savepoint) {
        auto level = co_await scope_level::open_inside(outer);
        put_level(executor, std::move(level));
        entered_ = kind::inside;
        co_return;
    }
    if (outer->is_over())
        throw outer->transaction()->over();
    outer->joined();
    level_ = outer;
    entered_ = kind::joined;
}

void scope_run::state::put_level(asio::any_io_executor const& executor,
                                 scope_level::pointer level) {
    level_ = std::move(level);
    executor_ =
        with_context(executor, std::make_shared<context_node const>(context_of(executor), level_));
}

asio::awaitable<void> scope_run::state::perform(asio::awaitable<void> body) {
    if (!deadline_) {
        co_await run_in_place(std::move(body));
        co_return;
    }
    auto const left = std::max(clock::duration::zero(), *deadline_ - clock::now());
    auto limited = with_deadline(left, std::move(body));
    co_await run_in_place(std::move(limited));
}

asio::awaitable<void> scope_run::state::run_in_place(asio::awaitable<void> body) {
    if (entered_ == kind::joined)
        co_await std::move(body);
    else
        co_await asio::co_spawn(executor_, std::move(body), asio::use_awaitable);
}

asio::awaitable<bool> scope_run::state::leave(std::exception_ptr failure) {
    if (entered_ == kind::none)
        std::rethrow_exception(failure);
    if (entered_ == kind::joined) {
        level_->left();
        if (!failure)
            co_return false;
        level_->veto(failure);
        std::rethrow_exception(failure);
    }
    auto const executor = co_await asio::this_coro::executor;
    auto finishing = finish(std::move(failure));
    auto const told = co_await asio::co_spawn(
        executor,
        std::move(finishing),
        asio::bind_cancellation_slot(asio::cancellation_slot{}, asio::use_awaitable));
    if (!told)
        co_return false;
    if (!wants_another(told))
        std::rethrow_exception(told);
    co_return true;
}

/// Runs as a child that no cancellation reaches. @return what the caller is to get, or null
asio::awaitable<std::exception_ptr> scope_run::state::finish(std::exception_ptr failure) {
    if (entered_ == kind::opened) {
        auto told = co_await finish_whole(std::move(failure));
        co_return told;
    }
    auto const undone = co_await level_->end_inside(failure == nullptr);
    co_return failure ? failure : undone;
}

asio::awaitable<std::exception_ptr> scope_run::state::finish_whole(std::exception_ptr failure) {
    auto const how = co_await level_->end(failure == nullptr);
    auto const& transaction = level_->transaction();
    transaction->tell_failure();
    if (how.outcome == transaction_outcome::in_doubt)
        co_return how.failure;
    auto const committed = how.outcome == transaction_outcome::committed;
    auto const follow_up = co_await transaction->waiting().run(committed);
    if (committed) {
        if (auto const& budget = options_.retries_from())
            budget->succeeded();
        if (!failure)
            failure = follow_up;
        co_return failure ? failed_after_commit(failure) : nullptr;
    }
    rolled_back_ = !transaction->has_external_effect();
    co_return failure ? failure : how.failure;
}

std::exception_ptr scope_run::state::failed_after_commit(std::exception_ptr cause) const {
    auto story = std::make_shared<transaction_story>();
    story->outcome = transaction_outcome::committed;
    story->cause = cause;
    return std::make_exception_ptr(transaction_error{
        errc::failed_after_commit,
        fmt::format("the transaction of {} was committed; what was to follow it failed: {}",
                    key_.describe(),
                    text_of(cause)),
        story});
}

bool scope_run::state::wants_another(std::exception_ptr const& failure) {
    if (!rolled_back_ || !retries_)
        return false;
    wait_ = retries_->wait_after(failure); // throws the failure when there is no other run
    auto const in_time = !deadline_ || clock::now() + wait_ < *deadline_;
    auto const& budget = options_.retries_from();
    return in_time && (!budget || budget->take());
}

scope_run::scope_run(scope_key key,
                     std::optional<database> target,
                     transaction_options const& options)
    : state_{std::make_shared<state>(std::move(key), std::move(target), options)} {}

asio::awaitable<void> scope_run::enter() {
    return state_->enter();
}

transaction_scope scope_run::scope() const {
    return state_->scope();
}

asio::awaitable<void> scope_run::perform(asio::awaitable<void> body) {
    return state_->perform(std::move(body));
}

asio::awaitable<bool> scope_run::leave(std::exception_ptr failure) {
    return state_->leave(std::move(failure));
}

asio::awaitable<void> scope_run::pause() {
    return state_->pause();
}

asio::any_io_executor hide_scopes(asio::any_io_executor const& executor) {
    return with_context(executor,
                        std::make_shared<context_node const>(context_of(executor), nullptr));
}

} // namespace copg::detail
