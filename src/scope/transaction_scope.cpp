// SPDX-License-Identifier: BSL-1.0
#include "driver/connection_impl.hpp"
#include "scope/scope_level.hpp"

#include <copg/scope/transaction_scope.hpp>

#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

namespace copg {

using detail::scope_level;

namespace {

database target_of(scope_level const& level) {
    auto target = level.transaction()->target();
    if (!target)
        throw error{errc::scope_unbound,
                    fmt::format("the scope of {} has no database yet: open it with a handle, "
                                "transaction(database, …), or use a handle of that name first",
                                level.transaction()->key().describe())};
    return *std::move(target);
}

asio::awaitable<result> run_in(scope_level::pointer level, statement statement) {
    auto const executor = co_await asio::this_coro::executor;
    auto const innermost = innermost_of(detail::context_of(executor), level);
    auto target = target_of(*innermost);
    auto rows = co_await innermost->run(std::move(target), std::move(statement));
    co_return rows;
}

asio::awaitable<detail::bound_connection> bind_in(scope_level::pointer level) {
    auto const executor = co_await asio::this_coro::executor;
    auto const innermost = innermost_of(detail::context_of(executor), level);
    auto target = target_of(*innermost);
    auto bound = co_await innermost->bind(std::move(target));
    co_return bound;
}

asio::awaitable<result> run_last_in(scope_level::pointer level, statement statement) {
    auto const executor = co_await asio::this_coro::executor;
    auto const innermost = innermost_of(detail::context_of(executor), level);
    auto target = target_of(*innermost);
    auto rows = co_await innermost->run_last(std::move(target), std::move(statement));
    co_return rows;
}

} // namespace

transaction_scope::transaction_scope(std::shared_ptr<scope_level> level) noexcept
    : level_{std::move(level)} {}
transaction_scope::transaction_scope(transaction_scope const&) noexcept = default;
transaction_scope::transaction_scope(transaction_scope&&) noexcept = default;
transaction_scope& transaction_scope::operator=(transaction_scope const&) noexcept = default;
transaction_scope& transaction_scope::operator=(transaction_scope&&) noexcept = default;
transaction_scope::~transaction_scope() = default;

asio::awaitable<result> transaction_scope::run(statement statement) const {
    return run_in(level_, std::move(statement));
}

asio::awaitable<detail::bound_connection> transaction_scope::bind() const {
    return bind_in(level_);
}

asio::awaitable<result> transaction_scope::run_and_commit(statement statement) const {
    return run_last_in(level_, std::move(statement));
}

void transaction_scope::check_open() const {
    if (level_->is_over())
        throw level_->transaction()->over();
}

void transaction_scope::set_rollback_only(std::source_location where) const {
    check_open();
    level_->veto(std::make_exception_ptr(
        error{errc::transaction_aborted,
              fmt::format("set_rollback_only() at {}:{}", where.file_name(), where.line())}));
}

bool transaction_scope::is_rollback_only() const noexcept {
    return level_->vetoed() != nullptr;
}

void transaction_scope::after_commit(std::function<asio::awaitable<void>()> callback) const {
    check_open();
    level_->waiting().add(true, std::move(callback));
}

void transaction_scope::after_rollback(std::function<asio::awaitable<void>()> callback) const {
    check_open();
    level_->waiting().add(false, std::move(callback));
}

void transaction_scope::external_effect() const noexcept {
    level_->transaction()->set_external_effect();
}

int transaction_scope::backend_pid() const noexcept {
    auto const connection = level_->transaction()->connection();
    return connection == nullptr ? 0 : connection->backend_pid();
}

scope_key const& transaction_scope::key() const noexcept {
    return level_->transaction()->key();
}

} // namespace copg
