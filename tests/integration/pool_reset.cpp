// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/pools.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/pool/pool.hpp>
#include <copg/scope/transaction.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <thread>

using namespace copg::test;
using copg::errc;
using copg::lease;
using copg::pool;
using copg::pool_options;
using copg::session;
using copg::sqlstate;

BOOST_AUTO_TEST_SUITE(test_pool_reset)

COPG_COROUTINE_TEST(
    when_the_next_borrowers_first_statement_fails_the_one_after_sees_its_own_schema) {
    scratch_database const database;
    make_two_tenants(database);
    auto const shared = co_await make_pool(database.dsn(), at_most(1));
    {
        auto held = co_await shared.acquire("a");
        co_await held.execute("set search_path = a");
    }
    auto next = co_await shared.acquire("b");
    auto const failed = co_await end_of(next.execute("select 1 / 0"));
    BOOST_TEST((failed.code == sqlstate::division_by_zero));
    auto const owner = co_await next.fetch_one<std::string>("select owner from item where id = 1");
    BOOST_TEST(owner == "b");
    next.release();
    auto plain = co_await shared.acquire();
    auto const path = co_await plain.fetch_one<std::string>("show search_path");
    BOOST_TEST(path == "\"$user\", public");
}

COPG_COROUTINE_TEST(what_raw_sql_leaves_behind_does_not_reach_the_next_borrower) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    {
        auto held = co_await shared.acquire();
        for (auto const* sql : {"set work_mem = '2MB'",
                                "create temp table leftover (i int)",
                                "select pg_advisory_lock(7)",
                                "listen channel",
                                "; set statement_timeout = 54321",
                                "prepare left_over as select 1",
                                "set role pg_monitor"})
            co_await held.execute(sql);
    }
    auto next = co_await shared.acquire();
    auto const left = co_await next.fetch_one<std::string>(
        "select concat_ws(',', (select 'temp' from pg_class where relname = 'leftover'), "
        "(select 'lock' from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()), "
        "(select 'channel' from pg_listening_channels()), "
        "(select 'prepared' from pg_prepared_statements where name = 'left_over'), "
        "nullif(current_setting('statement_timeout'), '0'), "
        "nullif(current_setting('work_mem'), '4MB'), nullif(current_user::text, 'postgres'))");
    BOOST_TEST(left == "");
}

COPG_COROUTINE_TEST(a_reset_travels_with_the_next_statement_and_is_not_waited_for) {
    fault_proxy proxy{cluster().port()};
    auto options = at_most(1);
    options.reset = copg::reset_policy::always;
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(proxy.dsn("postgres"), options);
    {
        auto held = co_await shared.acquire();
        co_await held.ping();
    }
    auto next = co_await shared.acquire();
    auto const before = proxy.syncs();
    proxy.hold_answers(true);
    auto ended = false;
    asio::co_spawn(executor, next.ping(), [&](std::exception_ptr failure) {
        BOOST_TEST(!failure);
        ended = true;
    });
    co_await eventually([&] { return proxy.syncs() - before == 2; });
    BOOST_TEST(!ended);
    proxy.hold_answers(false);
    co_await eventually([&] { return ended; });
    BOOST_TEST(shared.statistics().round_trips == 2u);
}

COPG_COROUTINE_TEST(behind_a_reset_the_prelude_is_prepared_anew_in_every_kind_of_segment) {
    scratch_database const database;
    make_two_tenants(database);
    auto const shared = co_await make_pool(database.dsn(), at_most(1));
    for (auto const* sql : {"select 1", "begin", "do $$ begin end $$", "vacuum item"}) {
        {
            auto dirty = co_await shared.acquire("a");
            co_await dirty.ping();
            co_await dirty.execute("set work_mem = '2MB'");
        }
        auto next = co_await shared.acquire("a");
        co_await next.execute(sql);
        auto const owner =
            co_await next.fetch_one<std::string>("select owner from item where id = 1");
        BOOST_TEST(owner == "a");
    }
    {
        auto dirty = co_await shared.acquire("a");
        co_await dirty.execute("; discard all");
    }
    copg::database const db{shared, "a"};
    auto const body = [&]() -> asio::awaitable<void> { co_await db.execute("delete from item"); };
    co_await copg::transaction(db, body);
}

COPG_COROUTINE_TEST(a_tenants_statement_behind_a_reset_is_one_round_trip) {
    scratch_database const database;
    make_two_tenants(database);
    auto options = at_most(1);
    options.reset = copg::reset_policy::always;
    auto const shared = co_await make_pool(database.dsn(), options);
    constexpr std::uint64_t borrowers = 10;
    for (std::uint64_t i = 0; i < borrowers; ++i) {
        auto held = co_await shared.acquire(i % 2 == 0 ? "a" : "b");
        auto const owner = co_await held.fetch_one<std::string>("select owner from item limit 1");
        BOOST_TEST(owner == (i % 2 == 0 ? "a" : "b"));
    }
    BOOST_TEST(shared.statistics().round_trips == borrowers);
}

COPG_COROUTINE_TEST(losing_the_answer_of_a_statement_behind_a_reset_is_in_doubt) {
    scratch_database const database;
    make_two_tenants(database);
    fault_proxy proxy{cluster().port()};
    auto options = at_most(1);
    options.reset = copg::reset_policy::always;
    auto const shared = co_await make_pool(proxy.dsn(database.name()), options);
    {
        auto held = co_await shared.acquire("a");
        co_await held.ping();
    }
    auto next = co_await shared.acquire("a");
    proxy.cut_existing_after_answered(1);
    auto const end = co_await end_of(next.execute("insert into item values (99, 'a')"));
    BOOST_TEST((end.code == errc::statement_in_doubt));
}

COPG_COROUTINE_TEST(an_open_transaction_is_rolled_back_when_the_lease_ends) {
    scratch_database const database;
    make_two_tenants(database);
    auto const shared = co_await make_pool(database.dsn(), at_most(1));
    int pid = 0;
    {
        auto held = co_await shared.acquire("a");
        pid = held.backend_pid();
        co_await held.execute("begin");
        co_await held.execute("delete from item");
    }
    auto next = co_await shared.acquire("a");
    BOOST_TEST(next.backend_pid() == pid);
    auto const rows = co_await next.fetch_one<std::int64_t>("select count(*) from item");
    BOOST_TEST(rows == 10);
}

BOOST_AUTO_TEST_SUITE_END()
