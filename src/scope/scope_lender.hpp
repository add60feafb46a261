// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"
#include "pool/connection_lender.hpp"
#include "scope/scope_level.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

namespace copg::detail {

/// A scope's connection, for the leases that are acquired in it.
class scope_lender final : public connection_lender {
public:
    scope_lender(scope_level::pointer level, database handle)
        : level_{std::move(level)}, handle_{std::move(handle)} {}

    asio::awaitable<result> run(statement wanted) override {
        return run_in(level_, handle_, std::move(wanted));
    }
    asio::awaitable<bound_connection> bind() override { return bind_in(level_, handle_); }
    std::shared_ptr<connection_impl> connection() const noexcept override {
        return level_->transaction()->connection();
    }
    void discard() noexcept override {
        if (auto const held = connection())
            held->close();
    }

private:
    static asio::awaitable<result>
    run_in(scope_level::pointer level, database handle, statement wanted) {
        auto const executor = co_await asio::this_coro::executor;
        auto const innermost = innermost_of(context_of(executor), level);
        auto rows = co_await innermost->run(std::move(handle), std::move(wanted));
        co_return rows;
    }
    static asio::awaitable<bound_connection> bind_in(scope_level::pointer level, database handle) {
        auto const executor = co_await asio::this_coro::executor;
        auto const innermost = innermost_of(context_of(executor), level);
        auto bound = co_await innermost->bind(std::move(handle));
        co_return bound;
    }

    scope_level::pointer const level_;
    database const handle_;
};

} // namespace copg::detail
