// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/pools.hpp"
#include "support/query_parity.hpp"
#include "support/recorder.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/pool/explicit_transaction.hpp>

#include <memory>
#include <string>
#include <vector>

namespace copg::test {

/// Keeps what it is told of open transactions.
class open_transaction_recorder : public recorder {
public:
    void on_open_transaction(copg::open_transaction_event const& event) noexcept override {
        lines.push_back(event.where.line());
        pids.push_back(event.backend_pid);
        sessions.emplace_back(event.session);
    }

    std::vector<unsigned> lines;
    std::vector<int> pids;
    std::vector<std::string> sessions;
};

/// A pool of one connection on a database of its own with a table `effect (name)`.
class transaction_fixture {
public:
    transaction_fixture() { make_effects(scratch); }

    asio::awaitable<copg::pool> make_pool() const {
        auto const executor = co_await asio::this_coro::executor;
        auto const options = at_most(1);
        copg::connect_options target{scratch.dsn()};
        target.observer(seen);
        co_return copg::pool{executor, target, options};
    }

    std::vector<std::string> kept() const { return kept_effects(scratch); }

    scratch_database scratch;
    std::shared_ptr<open_transaction_recorder> const seen =
        std::make_shared<open_transaction_recorder>();
};

using names = std::vector<std::string>;

template <class Target>
asio::awaitable<void> add_effect(Target const& target, std::string name) {
    co_await target.execute("insert into effect values ($1)", name);
}

/// Whether the server has a transaction open on it, which each statement by itself would be.
inline asio::awaitable<bool> is_in_transaction(lease const& held) {
    auto const first = co_await held.fetch_one<std::int64_t>("select txid_current()");
    auto const second = co_await held.fetch_one<std::int64_t>("select txid_current()");
    co_return first == second;
}

} // namespace copg::test
