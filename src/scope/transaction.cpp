// SPDX-License-Identifier: BSL-1.0
#include "scope/context.hpp"
#include "scope/scope_state.hpp"

#include <copg/scope/transaction.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>

namespace copg::detail {

entered_scope enter_scope(asio::any_io_executor const& executor,
                          scope_key key,
                          transaction_options const& options) {
    entered_scope entered;
    auto context = context_of(executor);
    if (auto outer = context_node::find(context, key)) {
        outer->check_join(options);
        entered.scope = std::move(outer);
        entered.executor = executor;
        entered.joined = true;
        return entered;
    }
    entered.scope = std::make_shared<scope_state>(std::move(key), options);
    entered.executor = with_context(
        executor, std::make_shared<context_node const>(std::move(context), entered.scope));
    return entered;
}

asio::any_io_executor hide_scopes(asio::any_io_executor const& executor) {
    return with_context(executor,
                        std::make_shared<context_node const>(context_of(executor), nullptr));
}

asio::awaitable<void> leave_scope(entered_scope entered, std::exception_ptr failure) {
    if (entered.joined) {
        if (failure) {
            entered.scope->set_rollback_only();
            std::rethrow_exception(failure);
        }
        co_return;
    }

    // The end must happen even in a coroutine that has been cancelled: it runs as a child that no
    // cancellation reaches, and this coroutine does not throw before it is over.
    auto const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    std::exception_ptr end_failure;
    try {
        auto const executor = co_await asio::this_coro::executor;
        auto ending = entered.scope->end(failure == nullptr);
        co_await asio::co_spawn(
            executor,
            std::move(ending),
            asio::bind_cancellation_slot(asio::cancellation_slot{}, asio::use_awaitable));
    } catch (...) {
        end_failure = std::current_exception();
    }
    co_await asio::this_coro::throw_if_cancelled(throws);
    if (failure)
        std::rethrow_exception(failure);
    if (end_failure)
        std::rethrow_exception(end_failure);
}

} // namespace copg::detail
