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

BOOST_AUTO_TEST_CASE(bad_options_are_refused_at_construction) {
    asio::io_context loop;
    BOOST_CHECK_THROW((pool{loop.get_executor(), "host=h user=u", at_most(0)}), copg::error);
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
