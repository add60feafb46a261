// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"

#include <copg/scope/transaction.hpp>

namespace copg::test {

/// Two tenants on a pool of one connection, behind a proxy.
class scope_fixture {
public:
    scope_fixture() { make_two_tenants(scratch); }

    asio::awaitable<copg::pool> pool() {
        auto const executor = co_await asio::this_coro::executor;
        copg::pool_options options;
        options.maximum = 1;
        co_return copg::pool{executor, copg::connect_options{proxy.dsn(scratch.name())}, options};
    }

    asio::awaitable<database> main_db() {
        auto made = co_await pool();
        co_return database{made, session{"a"}, scope_key{scope_key::kind::named, "main-db"}};
    }

    scratch_database scratch;
    fault_proxy proxy{cluster().port()};
};

inline asio::awaitable<void> add(database db, int id) {
    co_await db.execute("insert into item values ($1, 'new')", id);
}

inline asio::awaitable<std::int64_t> count(database db) {
    auto const rows = co_await db.fetch_one<std::int64_t>("select count(*) from item");
    co_return rows;
}

inline asio::awaitable<void> add_deeper(database db, int id, int depth) {
    if (depth > 0) {
        co_await add_deeper(db, id, depth - 1);
        co_return;
    }
    co_await yield();
    co_await add(db, id);
}

class oops : public std::exception {};

} // namespace copg::test
