// SPDX-License-Identifier: BSL-1.0
#include "base/context.hpp"
#include "scope/scope_state.hpp"

#include <copg/scope/transaction.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>

namespace copg::detail {

entered_scope enter_scope(asio::any_io_executor const& executor,
                          scope_key key,
                          transaction_options const& options) {
    entered_scope entered;
    auto context = context_of(executor);
    if (auto outer = find_scope(context, key)) {
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

void fail_joined_scope(entered_scope const& entered) noexcept {
    entered.scope->set_rollback_only();
}

// Runs as a child that no cancellation reaches.
asio::awaitable<std::exception_ptr> end_scope(entered_scope entered, bool commit) {
    std::exception_ptr failure;
    try {
        auto const executor = co_await asio::this_coro::executor;
        auto ending = entered.scope->end(commit);
        co_await asio::co_spawn(
            executor,
            std::move(ending),
            asio::bind_cancellation_slot(asio::cancellation_slot{}, asio::use_awaitable));
    } catch (...) {
        failure = std::current_exception();
    }
    entered.scope->tell_failure();
    co_return failure;
}

} // namespace copg::detail
