// SPDX-License-Identifier: BSL-1.0
#include "scope/scope_level.hpp"

#include <copg/scope/transaction.hpp>

namespace copg {
namespace {

asio::awaitable<std::optional<transaction_scope>> find_scope(scope_key key) {
    auto const executor = co_await asio::this_coro::executor;
    auto level = detail::find_level(detail::context_of(executor), key);
    std::optional<transaction_scope> found;
    if (level != nullptr)
        found.emplace(std::move(level));
    co_return found;
}

} // namespace

asio::awaitable<std::optional<transaction_scope>> current_transaction(std::string name) {
    return find_scope(scope_key{scope_key::kind::named, std::move(name)});
}

asio::awaitable<std::optional<transaction_scope>> current_transaction(database const& handle) {
    return find_scope(handle.key());
}

} // namespace copg
