// SPDX-License-Identifier: BSL-1.0
// A server that goes away under load and comes back.
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/pools.hpp"

#include <copg/base/sql_error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>

using namespace copg::test;
using copg::errc;

namespace {

struct load {
    std::uint64_t served = 0;
    std::map<std::string, std::uint64_t> failures; // by message, figures left out
    bool stop = false;
    int running = 0;
};

asio::awaitable<void> pause_for(std::chrono::milliseconds time) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, time};
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> press(copg::pool shared, load& on) {
    ++on.running;
    while (!on.stop) {
        auto const end = co_await end_of(shared.ping());
        if (!end.code) {
            ++on.served;
        } else {
            ++on.failures[end.message.substr(0, end.message.find_first_of("0123456789"))];
            co_await pause_for(5ms);
        }
    }
    --on.running;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_outage)

COPG_COROUTINE_TEST(an_outage_of_ten_seconds_under_load_ends_by_itself_with_few_attempts) {
    auto const executor = co_await asio::this_coro::executor;
    copg::testing::temporary_cluster server;
    fault_proxy proxy{server.port()};
    auto options = at_most(4, 500ms);
    options.minimum = 2;
    auto const shared = co_await make_pool(proxy.dsn("postgres"), options);
    load on;
    for (int i = 0; i < 20; ++i)
        asio::co_spawn(executor, press(shared, on), asio::detached);
    co_await eventually([&] { return on.served > 100; });

    server.stop();
    auto const before = proxy.connections();
    co_await pause_for(10s);
    auto const attempts = proxy.connections() - before;
    auto const served = on.served;
    // At most as many as may be made at once see the stop; then one after 0.1, 0.2 … 5 s, of each
    // of which jitter takes a half at most: 12 in ten seconds, were all of them as short as may be.
    BOOST_TEST(attempts <= options.connect_concurrency + 12);
    BOOST_TEST(attempts >= 2u);

    server.start();
    co_await eventually([&] { return on.served > served + 100; });
    on.stop = true;
    co_await eventually([&] { return on.running == 0; });
    BOOST_TEST(!on.failures.empty());
    for (auto const& [text, count] : on.failures)
        BOOST_TEST(text.size() > 10, "an error without a cause: " << text);
    auto const now = shared.statistics();
    BOOST_TEST(now.open == now.idle + now.in_use + now.connecting + now.closing);
    BOOST_TEST(now.waiting == 0u);
}

COPG_COROUTINE_TEST(pools_of_one_server_probe_it_together_as_one_would) {
    auto const executor = co_await asio::this_coro::executor;
    copg::testing::temporary_cluster server;
    fault_proxy proxy{server.port()};
    auto options = at_most(4, 200ms);
    options.connect_concurrency = 1;
    std::vector<copg::pool> pools;
    load on;
    for (int i = 0; i < 8; ++i) {
        auto made = co_await make_pool(proxy.dsn("postgres"), options);
        pools.push_back(made);
        asio::co_spawn(executor, press(made, on), asio::detached);
    }
    co_await eventually([&] { return on.served > 100; });
    server.stop();
    auto const before = proxy.connections();
    co_await pause_for(3s);
    auto const attempts = proxy.connections() - before;
    BOOST_TEST(attempts <= pools.size() + 8); // each may see the stop; then as one pool would
    server.start();
    for (auto const& each : pools) {
        auto const served = each.statistics().requests.completed;
        co_await eventually([&] { return each.statistics().requests.completed > served; });
    }
    on.stop = true;
    co_await eventually([&] { return on.running == 0; });
}

COPG_COROUTINE_TEST(while_the_server_refuses_callers_hear_it_at_once_after_the_attempts_allowed) {
    copg::testing::temporary_cluster server;
    auto options = at_most(2);
    options.retry.attempts = 2;
    options.retry.delay = 5ms;
    options.retry.maximum_delay = 10s;
    options.retry.multiplier = 1'000;
    auto const shared = co_await make_pool(server.tcp_dsn(), options);
    server.stop();
    auto const first = co_await end_of(shared.acquire());
    BOOST_TEST((first.code == errc::connect_failed));
    BOOST_TEST(first.message.find("refused") != std::string::npos, first.message);
    auto const failed = shared.statistics().connects_failed;
    BOOST_TEST(failed == 2u);
    for (int i = 0; i < 10; ++i) {
        auto const next = co_await end_of(shared.acquire());
        BOOST_TEST((next.code == errc::connect_failed));
    }
    BOOST_TEST(shared.statistics().connects_failed == failed, "nobody tried in between");
}

COPG_COROUTINE_TEST(without_a_delay_between_tries_what_no_retry_cures_is_still_told_at_once) {
    auto options = at_most(1);
    options.retry.delay = 0ms;
    auto const shared = co_await make_pool(cluster().dsn("no_such_database"), options);
    auto const end = co_await end_of(shared.acquire());
    BOOST_TEST((end.code == copg::sqlstate::invalid_catalog_name));
}

COPG_COROUTINE_TEST(a_server_with_too_few_connections_is_waited_for) {
    copg::testing::cluster_options few;
    few.setting("max_connections", "6").setting("superuser_reserved_connections", "0");
    few.setting("max_wal_senders", "0");
    copg::testing::temporary_cluster server{few};
    auto const executor = co_await asio::this_coro::executor;
    auto options = at_most(20);
    options.retry.delay = 10ms;
    auto const shared = co_await make_pool(server.dsn(), options);
    std::vector<int> order;
    for (int number = 0; number < 100; ++number)
        asio::co_spawn(executor, note_turn(shared, order, number), asio::detached);
    co_await eventually([&] { return order.size() == 100; });
    auto const now = shared.statistics();
    BOOST_TEST(now.idle + now.in_use <= 6u);
}

BOOST_AUTO_TEST_SUITE_END()
