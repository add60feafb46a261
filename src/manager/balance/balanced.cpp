// SPDX-License-Identifier: BSL-1.0
#include "manager/balance/balance_state.hpp"
#include "pool/core.hpp"
#include "scope/stand_alone.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/manager/balanced.hpp>

#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

namespace copg {
namespace {

using detail::balance_state;

constexpr std::size_t heaviest = 1'000'000;

/// Whether an acquire failed since no connection came about, rather than for the pool's being busy.
bool is_want_of_connection(std::exception_ptr const& failure) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (sql_error const&) {
        return true; // the server refused it
    } catch (error const& e) {
        return e.code() == errc::connect_failed || e.code() == errc::connect_timeout ||
               e.code() == errc::pool_closed;
    } catch (...) {
        return false;
    }
}

error none_available() {
    return {errc::no_member_available, "no member available: nothing to balance over"};
}

asio::awaitable<lease> borrow(std::shared_ptr<balance_state> state, std::source_location where) {
    balance_state::attempts so_far{*state};
    std::exception_ptr failure;
    while (auto const member = state->next(so_far)) {
        try {
            auto lent = co_await member->pool().acquire(member->session(), where);
            co_return lent;
        } catch (...) {
            failure = std::current_exception();
        }
        if (!is_want_of_connection(failure))
            break;
        state->passed_on(so_far);
    }
    if (failure == nullptr)
        throw none_available();
    std::rethrow_exception(failure);
}

asio::awaitable<result> run_on_any(std::shared_ptr<balance_state> state, statement statement) {
    auto const executor = co_await asio::this_coro::executor;
    auto const scope = state->in_scope(executor);
    if (scope) {
        auto rows = co_await scope->run(std::move(statement));
        co_return rows;
    }
    detail::check_stands_alone(statement);
    auto lent = co_await borrow(std::move(state), statement.where());
    auto rows = co_await lent.run(std::move(statement));
    co_return rows;
}

asio::awaitable<detail::bound_connection> bind_any(std::shared_ptr<balance_state> state) {
    auto const executor = co_await asio::this_coro::executor;
    auto const scope = state->in_scope(executor);
    if (scope) {
        auto bound = co_await scope->bind();
        co_return bound;
    }
    auto lent = co_await borrow(std::move(state), std::source_location::current());
    co_return detail::lend(std::move(lent));
}

asio::awaitable<lease> acquire_any(std::shared_ptr<balance_state> state,
                                   std::source_location where) {
    auto const executor = co_await asio::this_coro::executor;
    auto const scope = state->in_scope(executor);
    if (scope) {
        auto lent = co_await scope->acquire(where);
        co_return lent;
    }
    auto lent = co_await borrow(std::move(state), where);
    co_return lent;
}

} // namespace

balanced_member::balanced_member(copg::database target, std::size_t weight)
    : balanced_member{std::move(target), weight, nullptr} {}

balanced_member::balanced_member(copg::database target,
                                 std::size_t weight,
                                 std::function<health_state()> health)
    : database_{std::move(target)}, weight_{weight}, health_{std::move(health)} {
    if (weight == 0 || weight > heaviest)
        throw error{errc::invalid_configuration,
                    fmt::format("the weight of a balanced member is {}, which is not from 1 to {}",
                                weight,
                                heaviest)};
}

balanced::balanced(std::vector<balanced_member> members, balance_options const& options)
    : state_{std::make_shared<balance_state>(members, options)} {}

balanced::balanced(std::shared_ptr<balance_state> state) noexcept : state_{std::move(state)} {}

database balanced::next() const {
    balance_state::attempts so_far{*state_};
    auto chosen = state_->next(so_far);
    if (!chosen)
        throw none_available();
    return *std::move(chosen);
}

asio::awaitable<result> balanced::run(statement statement) const {
    return run_on_any(state_, std::move(statement));
}

asio::awaitable<detail::bound_connection> balanced::bind() const {
    return bind_any(state_);
}

asio::awaitable<lease> balanced::acquire(std::source_location where) const {
    return acquire_any(state_, where);
}

std::vector<balanced_member_statistics> balanced::statistics() const {
    return state_->statistics();
}

} // namespace copg
