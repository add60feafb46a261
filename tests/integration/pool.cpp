// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"

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

namespace {

pool_options at_most(std::size_t maximum, std::chrono::milliseconds timeout = 30s) {
    pool_options options;
    options.maximum = maximum;
    options.acquire_timeout = timeout;
    return options;
}

asio::awaitable<pool> make_pool(std::string dsn, pool_options options) {
    auto const executor = co_await asio::this_coro::executor;
    co_return pool{executor, copg::connect_options{dsn}, options};
}

asio::awaitable<void> note_turn(pool shared, std::vector<int>& order, int number) {
    auto held = co_await shared.acquire();
    order.push_back(number);
    co_await held.ping();
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool)

COPG_COROUTINE_TEST(a_lease_gives_its_connection_back_and_the_next_one_gets_it) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto first = co_await shared.acquire();
    auto const pid = first.backend_pid();
    first.release();
    first.release();
    BOOST_TEST(!first);
    auto const released = co_await end_of(first.ping());
    BOOST_TEST((released.code == errc::lease_released));
    auto const second = co_await shared.acquire();
    BOOST_TEST(second.backend_pid() == pid);
    BOOST_TEST(shared.statistics().connected == 1u);
}

COPG_COROUTINE_TEST(tenants_of_one_pool_never_see_each_others_rows) {
    scratch_database const database;
    make_two_tenants(database);
    auto const shared = co_await make_pool(database.dsn(), at_most(1));
    for (int i = 0; i < 20; ++i)
        for (auto const* schema : {"a", "b"}) {
            auto held = co_await shared.acquire(schema);
            auto const owner =
                co_await held.fetch_one<std::string>("select owner from item where id = $1", 1);
            BOOST_TEST(owner == schema);
        }
    BOOST_TEST(shared.statistics().connected == 1u);
}

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

COPG_COROUTINE_TEST(waiters_are_served_first_come_first_served) {
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto held = co_await shared.acquire();
    std::vector<int> order;
    for (int number = 0; number < 50; ++number)
        asio::co_spawn(executor, note_turn(shared, order, number), asio::detached);
    co_await eventually([&] { return shared.statistics().waiting == 50; });
    held.release();
    co_await eventually([&] { return order.size() == 50; });
    BOOST_TEST(std::is_sorted(order.begin(), order.end()));
    BOOST_TEST(shared.statistics().connected == 1u);
}

COPG_COROUTINE_TEST(an_exhausted_pool_says_who_holds_what_and_is_usable_afterwards) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(2, 40ms));
    auto first = co_await shared.acquire();
    auto second = co_await shared.acquire();
    auto const end = co_await end_of(shared.acquire());
    BOOST_TEST((end.code == errc::acquire_timeout));
    BOOST_TEST(end.message.find("of at most 2 connections 2 are in use") != std::string::npos);
    first.release();
    auto third = co_await shared.acquire();
    co_await third.ping();
    BOOST_TEST(shared.statistics().timed_out == 1u);
}

COPG_COROUTINE_TEST(a_timeout_of_the_call_wins_over_that_of_the_pool) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto const held = co_await shared.acquire();
    auto const end = co_await end_of(shared.acquire(session{}, 20ms));
    BOOST_TEST((end.code == errc::acquire_timeout));
}

COPG_COROUTINE_TEST(a_cancelled_waiter_never_keeps_a_connection) {
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto held = co_await shared.acquire();
    for (int i = 0; i < 20; ++i) {
        asio::cancellation_signal signal;
        std::exception_ptr failure;
        auto ended = false;
        asio::co_spawn(
            executor,
            shared.acquire(),
            asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr thrown, lease) {
                failure = std::move(thrown);
                ended = true;
            }));
        co_await yield();
        signal.emit(asio::cancellation_type::terminal);
        if (i % 2 == 1) // the grant races with the cancellation
            held.release();
        co_await eventually([&] { return ended; });
        BOOST_TEST((describe(failure).code == std::errc::operation_canceled));
        if (!held) {
            auto again = co_await shared.acquire();
            held = std::move(again);
        }
    }
    held.release();
    auto const now = shared.statistics();
    BOOST_TEST(now.waiting == 0u);
    BOOST_TEST(now.idle == 1u);
    BOOST_TEST(now.cancelled == 20u);
}

COPG_COROUTINE_TEST(a_grant_that_meets_a_cancellation_is_handed_on) {
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto held = co_await shared.acquire();
    std::vector<int> order;
    asio::cancellation_signal signal;
    auto ended = false;
    asio::co_spawn(
        executor,
        note_turn(shared, order, 1),
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { ended = true; }));
    co_await yield();
    held.release(); // granted, not yet resumed
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return ended; });
    auto const next = co_await shared.acquire();
    BOOST_TEST(static_cast<bool>(next));
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

COPG_COROUTINE_TEST(an_idle_connection_that_dies_leaves_the_pool_before_anybody_gets_it) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(2));
    auto admin = co_await copg::connection::connect(cluster().dsn().c_str());
    int pid = 0;
    {
        auto held = co_await shared.acquire();
        pid = held.backend_pid();
    }
    co_await admin.execute("select pg_terminate_backend($1)", pid);
    co_await eventually([&] { return shared.statistics().idle == 0; });
    auto next = co_await shared.acquire();
    BOOST_TEST(next.backend_pid() != pid);
    co_await next.ping();
}

COPG_COROUTINE_TEST(a_connection_that_broke_in_use_is_replaced) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    {
        auto held = co_await shared.acquire();
        auto const end =
            co_await end_of(held.execute("select pg_terminate_backend(pg_backend_pid())"));
        BOOST_TEST((end.code == sqlstate::admin_shutdown));
    }
    auto next = co_await shared.acquire();
    co_await next.ping();
    BOOST_TEST(shared.statistics().lost == 1u);
}

COPG_COROUTINE_TEST(the_minimum_is_opened_in_the_background) {
    auto options = at_most(5);
    options.minimum = 3;
    auto const shared = co_await make_pool(cluster().dsn(), options);
    co_await eventually([&] { return shared.statistics().idle == 3; });
    BOOST_TEST(shared.statistics().open == 3u);
}

COPG_COROUTINE_TEST(try_acquire_never_waits) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    BOOST_TEST(!shared.try_acquire());
    co_await shared.acquire();
    auto const held = shared.try_acquire();
    BOOST_TEST(static_cast<bool>(held));
    BOOST_TEST(!shared.try_acquire());
}

COPG_COROUTINE_TEST(closing_ends_waits_and_closes_connections_when_they_come_back) {
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto held = co_await shared.acquire();
    ending waited;
    auto const wait = [&]() -> asio::awaitable<void> {
        auto end = co_await end_of(shared.acquire());
        waited = std::move(end);
    };
    asio::co_spawn(executor, wait, asio::detached);
    co_await eventually([&] { return shared.statistics().waiting == 1; });
    shared.close();
    shared.close();
    co_await eventually([&] { return static_cast<bool>(waited.code); });
    BOOST_TEST((waited.code == errc::pool_closed));
    co_await held.ping();
    held.release();
    BOOST_TEST(shared.statistics().open == 0u);
    auto const late = co_await end_of(shared.acquire());
    BOOST_TEST((late.code == errc::pool_closed));
}

COPG_COROUTINE_TEST(a_server_that_refuses_connections_is_named_in_the_acquire_error) {
    auto const shared = co_await make_pool("host=127.0.0.1 port=1 user=app", at_most(2, 50ms));
    auto const end = co_await end_of(shared.acquire());
    BOOST_TEST((end.code == errc::connect_failed));
    BOOST_TEST(end.message.find("refused") != std::string::npos);
}

COPG_COROUTINE_TEST(an_unknown_database_fails_every_waiter_at_once) {
    auto const shared = co_await make_pool(cluster().dsn("no_such_database"), at_most(2));
    for (int i = 0; i < 3; ++i) {
        auto const end = co_await end_of(shared.acquire());
        BOOST_TEST((end.code == sqlstate::invalid_catalog_name));
    }
}

COPG_COROUTINE_TEST(a_pool_serves_again_when_its_server_is_back) {
    copg::testing::temporary_cluster server;
    auto options = at_most(2);
    options.retry_delay = 10ms;
    auto const shared = co_await make_pool(server.tcp_dsn(), options);
    {
        auto held = co_await shared.acquire();
        co_await held.ping();
        server.stop();
        auto const end = co_await end_of(held.ping());
        BOOST_TEST(static_cast<bool>(end.code));
    }
    auto const down = co_await end_of(shared.acquire(session{}, 50ms));
    BOOST_TEST((down.code == errc::connect_failed));
    server.start();
    auto next = co_await shared.acquire();
    co_await next.ping();
}

COPG_COROUTINE_TEST(a_server_that_is_killed_in_mid_query_is_an_error_and_the_pool_recovers) {
    copg::testing::temporary_cluster server;
    auto options = at_most(1);
    options.retry_delay = 10ms;
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(server.dsn(), options);
    auto held = co_await shared.acquire();
    std::exception_ptr failure;
    asio::co_spawn(executor,
                   held.execute("select pg_sleep(60)"),
                   [&](std::exception_ptr thrown, auto) { failure = std::move(thrown); });
    auto watcher = co_await copg::connection::connect(server.dsn().c_str());
    auto running = false;
    while (!running) {
        auto const seen =
            co_await watcher.exists("select 1 from pg_stat_activity where query like '%sleep(60)%' "
                                    "and pid = $1 and state = 'active'",
                                    held.backend_pid());
        running = seen;
    }
    server.stop();
    co_await eventually([&] { return failure != nullptr; });
    auto const message = describe(failure).message;
    BOOST_TEST(message.find("server closed the connection") != std::string::npos, message);
    BOOST_TEST(message.find("invalid socket") == std::string::npos, message);
    held.release();
    server.start();
    auto next = co_await shared.acquire();
    co_await next.ping();
}

BOOST_AUTO_TEST_CASE(a_pool_that_is_closed_while_it_reconnects_lets_its_loop_end) {
    fault_proxy proxy{cluster().port()};
    faults silent;
    silent.black_hole = true;
    proxy.set(silent);
    asio::io_context loop;
    copg::connect_options target{proxy.dsn("postgres")};
    target.timeout(20ms);
    auto options = at_most(1);
    options.minimum = 1;
    options.retry_delay = 1ms;
    options.retry_delay_maximum = 1ms;
    pool const shared{loop.get_executor(), target, options};
    auto const body = [&]() -> asio::awaitable<void> {
        co_await eventually([&] {
            auto const now = shared.statistics();
            return now.connects_failed > 0 && now.connecting == 1;
        });
        shared.close();
    };
    run(loop, body()); // fails when something keeps the loop running
    BOOST_TEST(shared.statistics().open == 0u);
}

BOOST_AUTO_TEST_CASE(bad_options_are_refused_at_construction) {
    asio::io_context loop;
    BOOST_CHECK_THROW((pool{loop.get_executor(), "host=h user=u", at_most(0)}), copg::error);
}

BOOST_AUTO_TEST_CASE(a_loop_that_is_destroyed_under_waiters_leaves_nothing_behind) {
    asio::io_context loop;
    std::vector<int> order;
    std::optional<pool> shared;
    shared.emplace(loop.get_executor(), copg::connect_options{cluster().dsn()}, at_most(1));
    for (int number = 0; number < 5; ++number)
        asio::co_spawn(loop, note_turn(*shared, order, number), asio::detached);
    while (order.empty())
        loop.run_one();
    shared.reset();
}

BOOST_AUTO_TEST_CASE(coroutines_of_several_threads_and_loops_share_a_pool) {
    scratch_database const database;
    make_two_tenants(database);
    asio::io_context pool_loop;
    asio::io_context other_loop;
    pool const shared{pool_loop.get_executor(), copg::connect_options{database.dsn()}, at_most(3)};
    std::atomic<int> right = 0;
    std::atomic<int> running = 0;
    auto const work = [&](std::string schema) -> asio::awaitable<void> {
        for (int i = 0; i < 50; ++i) {
            auto held = co_await shared.acquire(schema);
            auto const owner =
                co_await held.fetch_one<std::string>("select owner from item where id = 1");
            right += owner == schema;
        }
        if (--running == 0)
            shared.close();
    };
    constexpr int workers = 16;
    running = workers;
    for (int i = 0; i < workers; ++i)
        asio::co_spawn(
            i % 2 == 0 ? pool_loop : other_loop, work(i % 3 == 0 ? "a" : "b"), asio::detached);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 2; ++i) {
            threads.emplace_back([&] { pool_loop.run(); });
            threads.emplace_back([&] { other_loop.run(); });
        }
    }
    BOOST_TEST(right == workers * 50);
}

BOOST_AUTO_TEST_SUITE_END()
