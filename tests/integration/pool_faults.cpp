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

BOOST_AUTO_TEST_SUITE(test_pool_faults)

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
    BOOST_TEST(shared.statistics().closed(copg::close_reason::lost) == 1u);
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
    BOOST_TEST(shared.statistics().cancelled == 0u, "a refusal is not a cancellation");
}

COPG_COROUTINE_TEST(a_pool_serves_again_when_its_server_is_back) {
    copg::testing::temporary_cluster server;
    auto options = at_most(2);
    options.retry.delay = 10ms;
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
    options.retry.delay = 10ms;
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
    options.retry.delay = 1ms;
    options.retry.maximum_delay = 1ms;
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

BOOST_AUTO_TEST_SUITE_END()
