// SPDX-License-Identifier: BSL-1.0
#include "base/context.hpp"
#include "driver/runner.hpp"
#include "driver/sql_classifier.hpp"
#include "pool/core.hpp"
#include "scope/failure_listener.hpp"
#include "scope/scope_lender.hpp"
#include "scope/stand_alone.hpp"

#include <copg/scope/database.hpp>

#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

namespace copg {
namespace detail {

void check_stands_alone(statement const& statement) {
    if (is_transaction_control(classify(statement.sql())))
        throw error{errc::unsupported_statement,
                    "each statement of a database handle stands alone: use copg::transaction(), or "
                    "a lease for raw BEGIN and COMMIT"};
}

bound_connection lend(lease acquired) {
    auto const lent = std::make_shared<lease>(std::move(acquired));
    bound_connection bound{lent->slot()->connection, lent->session()};
    bound.lent = lent;
    return bound;
}

} // namespace detail

namespace {

asio::awaitable<result> run_anywhere(database handle, statement statement) {
    auto const executor = co_await asio::this_coro::executor;
    auto const scope = detail::find_level(detail::context_of(executor), handle.key());
    if (scope != nullptr) {
        // Here instead of in a function: each frame more is an allocation more.
        auto const turn = scope->try_plain(handle, statement);
        if (!turn) {
            auto rows = co_await scope->run(std::move(handle), std::move(statement));
            co_return rows;
        }
        std::exception_ptr failure;
        try {
            auto const& joined = *scope->transaction();
            auto rows = co_await detail::run_statement(
                joined.leased(), joined.bound_to(), std::move(statement));
            co_return rows;
        } catch (...) {
            failure = std::current_exception();
        }
        scope->note_failure(failure);
        std::rethrow_exception(failure);
    }
    detail::check_stands_alone(statement);
    auto lease = co_await handle.pool().acquire(handle.session(), statement.where());
    auto rows = co_await lease.run(std::move(statement));
    co_return rows;
}

asio::awaitable<result> run_and_tell(database handle,
                                     std::shared_ptr<detail::failure_listener> listener,
                                     statement statement) {
    auto const executor = co_await asio::this_coro::executor;
    auto const scope = detail::find_level(detail::context_of(executor), handle.key());
    try {
        auto rows = co_await run_anywhere(std::move(handle), std::move(statement));
        co_return rows;
    } catch (...) {
        if (scope != nullptr)
            scope->transaction()->keep_failure(std::move(listener), std::current_exception());
        else
            listener->statement_failed(std::current_exception());
        throw;
    }
}

asio::awaitable<detail::bound_connection> bind_anywhere(database handle) {
    auto const executor = co_await asio::this_coro::executor;
    auto const scope = detail::find_level(detail::context_of(executor), handle.key());
    if (scope != nullptr) {
        auto bound = co_await scope->bind(std::move(handle));
        co_return bound;
    }
    auto acquired = co_await handle.pool().acquire(handle.session());
    co_return detail::lend(std::move(acquired));
}

asio::awaitable<lease> acquire_anywhere(database handle, std::source_location where) {
    auto const executor = co_await asio::this_coro::executor;
    auto const scope = detail::find_level(detail::context_of(executor), handle.key());
    if (scope == nullptr) {
        auto lease = co_await handle.pool().acquire(handle.session(), where);
        co_return lease;
    }
    co_await scope->take_connection(handle, where);
    auto lent = std::make_shared<detail::scope_lender>(scope, handle);
    co_return lease{std::move(lent), handle.session()};
}

scope_key key_of(pool const& pool, session const& session) {
    return {
        scope_key::kind::target,
        fmt::format("{} ({})", static_cast<void const*>(pool.owner().get()), session.describe())};
}

} // namespace

std::string scope_key::describe() const {
    switch (what) {
    case kind::named:
        return fmt::format("named pool \"{}\"", text);
    case kind::tenant:
        return fmt::format("tenant \"{}\"", text);
    case kind::target:
        break;
    }
    return "this database"; // its key means nothing to anybody
}

database::database(copg::pool const& pool, copg::session const& bound_to)
    : database{pool, bound_to, key_of(pool, bound_to)} {}

database::database(copg::pool pool, copg::session bound_to, scope_key key)
    : pool_{std::move(pool)},
      session_{std::move(bound_to)},
      key_{std::make_shared<scope_key const>(std::move(key))} {}

asio::awaitable<result> database::run(statement statement) const {
    if (listener_ != nullptr)
        return run_and_tell(*this, listener_, std::move(statement));
    return run_anywhere(*this, std::move(statement));
}

database database::told_to(std::shared_ptr<detail::failure_listener> listener) const {
    auto told = *this;
    told.listener_ = std::move(listener);
    return told;
}

asio::awaitable<detail::bound_connection> database::bind() const {
    return bind_anywhere(*this);
}

asio::awaitable<lease> database::acquire(std::source_location where) const {
    return acquire_anywhere(*this, where);
}

} // namespace copg
