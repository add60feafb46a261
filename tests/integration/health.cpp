// SPDX-License-Identifier: BSL-1.0
// Pools that are watched, against servers that come and go.
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/pools.hpp"

#include <copg/manager/pool_health.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <optional>
#include <thread>

using namespace copg::test;
using copg::close_reason;
using copg::errc;
using copg::health_options;
using copg::health_state;
using copg::pool_health;

namespace {

health_options only_when_asked() {
    health_options options;
    options.interval = 0ms;
    return options;
}

health_options every(std::chrono::milliseconds interval) {
    health_options options;
    options.interval = interval;
    return options;
}

/// Keeps what it is told of health. For one loop thread.
class health_recorder : public copg::observer {
public:
    void on_health(copg::health_event const& event) noexcept override {
        changes.push_back(std::string{event.from} + " to " + std::string{event.to});
        target = event.target;
        why = event.why;
    }

    std::vector<std::string> changes;
    std::string target;
    std::string why;
};

asio::awaitable<copg::pool> observed_pool(std::string dsn, std::shared_ptr<copg::observer> seeing) {
    auto const executor = co_await asio::this_coro::executor;
    copg::connect_options target{dsn};
    target.observer(std::move(seeing));
    co_return copg::pool{executor, target};
}

asio::awaitable<void> check_and_count(pool_health health, int& ended) {
    auto const status = co_await health.check();
    BOOST_TEST((status.state == health_state::healthy));
    ++ended;
}

asio::awaitable<void> note_check(pool_health health, std::vector<ending>& ends) {
    auto const end = co_await end_of(health.check());
    ends.push_back(end);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_health)

COPG_COROUTINE_TEST(a_pool_that_was_never_checked_is_unknown_and_a_closed_one_disconnected) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    pool_health const health{shared, only_when_asked()};
    BOOST_TEST((health.status().state == health_state::unknown));
    auto const checked = co_await health.check();
    BOOST_TEST((checked.state == health_state::healthy));
    BOOST_TEST(checked.last_success.has_value());
    shared.close();
    BOOST_TEST((health.status().state == health_state::disconnected));
    auto const end = co_await end_of(health.check());
    BOOST_TEST((end.code == errc::pool_closed));
    pool_health const late{shared};
    BOOST_TEST((late.status().state == health_state::disconnected));
}

COPG_COROUTINE_TEST(the_last_handle_of_a_pool_closes_it_though_it_is_watched) {
    std::optional<copg::pool> shared = co_await make_pool(cluster().dsn(), at_most(1));
    pool_health const health{*shared, every(1ms)};
    shared.reset();
    BOOST_TEST((health.status().state == health_state::disconnected));
}

COPG_COROUTINE_TEST(a_pool_whose_connections_are_all_in_use_is_healthy) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    pool_health const health{shared, every(1ms)};
    auto const held = co_await shared.acquire();
    co_await eventually([&] { return health.status().checks >= 3; });
    BOOST_TEST((health.status().state == health_state::healthy));
    BOOST_TEST(health.status().failures == 0u);
    BOOST_TEST(shared.statistics().connected == 1u);
    BOOST_TEST(shared.statistics().acquired == 1u);
}

COPG_COROUTINE_TEST(a_server_that_stops_is_degraded_then_unhealthy_and_is_healthy_when_it_is_back) {
    copg::testing::temporary_cluster server;
    auto const seen = std::make_shared<health_recorder>();
    auto const shared = co_await observed_pool(server.dsn(), seen);
    pool_health const health{shared, only_when_asked()};
    auto status = co_await health.check();
    BOOST_TEST((status.state == health_state::healthy));
    server.stop();
    for (std::size_t number = 1; number <= 4; ++number) {
        status = co_await health.check();
        BOOST_TEST(
            (status.state == (number < 3 ? health_state::degraded : health_state::unhealthy)));
        BOOST_TEST(status.consecutive_failures == number);
        BOOST_TEST(!status.last_error.empty());
    }
    server.start();
    status = co_await health.check();
    BOOST_TEST((status.state == health_state::healthy));
    BOOST_TEST(status.consecutive_failures == 0u);
    BOOST_TEST(status.failures == 4u);
    BOOST_TEST(status.checks == 6u);
    shared.close();
    auto const expected = std::vector<std::string>{"unknown to healthy",
                                                   "healthy to degraded",
                                                   "degraded to unhealthy",
                                                   "unhealthy to healthy",
                                                   "healthy to disconnected"};
    BOOST_TEST(seen->changes == expected, boost::test_tools::per_element());
    BOOST_TEST(seen->why == "the pool is closed");
    BOOST_TEST(seen->target.find("postgres") != std::string::npos, seen->target);
}

COPG_COROUTINE_TEST(an_outage_ends_with_one_refresh_and_leaves_leases_alone) {
    copg::testing::temporary_cluster server;
    fault_proxy proxy{server.port()};
    auto const shared = co_await make_pool(server.tcp_dsn(), at_most(2));
    auto options = only_when_asked();
    options.unhealthy_after = 1;
    options.timeout = 20ms;
    pool_health const health{shared, options};
    {
        auto const first = co_await shared.acquire();
        auto const second = co_await shared.acquire();
        shared.refresh(copg::connect_options{proxy.dsn("postgres")}); // what the checks reach
    }
    faults hole;
    hole.black_hole = true;
    proxy.set(hole);
    co_await eventually([&] { return shared.statistics().open == 0; });
    auto status = co_await health.check();
    BOOST_TEST((status.state == health_state::unhealthy));
    proxy.set({});
    auto held = co_await shared.acquire();
    auto const before = shared.statistics().closed(close_reason::refreshed);
    while (status.state != health_state::healthy) // the machine may be slow
        status = co_await health.check();
    BOOST_TEST(status.refreshes == 1u);
    auto const again = co_await health.check();
    BOOST_TEST(again.refreshes == 1u);
    co_await held.ping();
    held.release();
    BOOST_TEST(shared.statistics().closed(close_reason::refreshed) == before + 1);
}

COPG_COROUTINE_TEST(without_auto_reconnect_an_outage_replaces_nothing) {
    copg::testing::temporary_cluster server;
    auto const shared = co_await make_pool(server.dsn(), at_most(1));
    auto options = only_when_asked();
    options.auto_reconnect = false;
    pool_health const health{shared, options};
    server.stop();
    for (int i = 0; i < 4; ++i)
        co_await health.check();
    server.start();
    co_await shared.ping();
    auto const status = co_await health.check();
    BOOST_TEST((status.state == health_state::healthy));
    BOOST_TEST(status.refreshes == 0u);
    BOOST_TEST(shared.statistics().idle == 1u);
    BOOST_TEST(shared.statistics().closed(close_reason::refreshed) == 0u);
}

COPG_COROUTINE_TEST(a_server_that_hangs_fails_its_check_in_time_and_delays_no_other) {
    fault_proxy proxy{cluster().port()};
    faults hole;
    hole.black_hole = true;
    proxy.set(hole);
    auto const hanging = co_await make_pool(proxy.dsn("postgres"), at_most(1));
    auto const good = co_await make_pool(cluster().dsn(), at_most(1));
    auto options = every(1ms);
    options.timeout = 50ms;
    pool_health const slow{hanging, options};
    pool_health const quick{good, every(1ms)};
    co_await eventually([&] { return slow.status().failures >= 2; });
    BOOST_TEST(slow.status().last_error == "connect failed: no answer within 50 ms");
    co_await eventually([&] { return quick.status().checks > 2 * slow.status().checks; });
    BOOST_TEST((quick.status().state == health_state::healthy));
}

COPG_COROUTINE_TEST(a_server_without_room_is_degraded) {
    copg::testing::cluster_options few;
    few.setting("max_connections", "1").setting("superuser_reserved_connections", "0");
    few.setting("max_wal_senders", "0");
    copg::testing::temporary_cluster server{few};
    auto const shared = co_await make_pool(server.dsn(), at_most(1));
    auto const held = co_await shared.acquire();
    pool_health const health{shared, only_when_asked()};
    for (int i = 0; i < 4; ++i) {
        auto const status = co_await health.check();
        BOOST_TEST((status.state == health_state::degraded), status.last_error);
    }
    BOOST_TEST(health.status().failures == 0u);
}

COPG_COROUTINE_TEST(checks_that_come_together_are_one) {
    auto const executor = co_await asio::this_coro::executor;
    fault_proxy proxy{cluster().port()};
    auto const shared = co_await make_pool(proxy.dsn("postgres"), at_most(1));
    pool_health const health{shared, only_when_asked()};
    proxy.hold_answers(true);
    int ended = 0;
    for (int i = 0; i < 5; ++i)
        asio::co_spawn(executor, check_and_count(health, ended), asio::detached);
    co_await eventually([&] { return proxy.connections() == 1; });
    BOOST_TEST(ended == 0);
    proxy.hold_answers(false);
    co_await eventually([&] { return ended == 5; });
    BOOST_TEST(proxy.connections() == 1u);
    BOOST_TEST(health.status().checks == 1u);
}

COPG_COROUTINE_TEST(a_cancelled_check_ends_its_wait_and_goes_on_for_others) {
    auto const executor = co_await asio::this_coro::executor;
    fault_proxy proxy{cluster().port()};
    auto const shared = co_await make_pool(proxy.dsn("postgres"), at_most(1));
    pool_health const health{shared, only_when_asked()};
    proxy.hold_answers(true);
    std::vector<ending> ends;
    asio::cancellation_signal signal;
    asio::co_spawn(executor,
                   note_check(health, ends),
                   asio::bind_cancellation_slot(signal.slot(), asio::detached));
    co_await eventually([&] { return proxy.connections() == 1; });
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return ends.size() == 1; });
    BOOST_TEST((ends[0].code == std::errc::operation_canceled));
    proxy.hold_answers(false);
    co_await eventually([&] { return health.status().checks == 1; });
}

COPG_COROUTINE_TEST(closing_the_pool_ends_a_check_that_is_under_way) {
    auto const executor = co_await asio::this_coro::executor;
    fault_proxy proxy{cluster().port()};
    faults hole;
    hole.black_hole = true;
    proxy.set(hole);
    auto const shared = co_await make_pool(proxy.dsn("postgres"), at_most(1));
    auto options = only_when_asked();
    options.timeout = 1h;
    pool_health const health{shared, options};
    std::vector<ending> ends;
    asio::co_spawn(executor, note_check(health, ends), asio::detached);
    co_await eventually([&] { return proxy.connections() == 1; });
    shared.close();
    co_await eventually([&] { return ends.size() == 1; });
    BOOST_TEST((ends[0].code == errc::pool_closed));
    BOOST_TEST(health.status().checks == 0u);
}

COPG_COROUTINE_TEST(checks_use_the_credentials_of_the_pools_hook_and_its_present_target) {
    int called = 0;
    copg::pool_options options;
    options.hooks.before_connect = [&](copg::connect_options& target) -> asio::awaitable<void> {
        ++called;
        target = copg::connect_options{cluster().dsn()};
        co_return;
    };
    auto const hooked = co_await make_pool("host=127.0.0.1 port=1 user=nobody", options);
    pool_health const health{hooked, only_when_asked()};
    auto const status = co_await health.check();
    BOOST_TEST((status.state == health_state::healthy), status.last_error);
    BOOST_TEST(called == 1);

    auto const moved = co_await make_pool("host=127.0.0.1 port=1 user=nobody", at_most(1));
    pool_health const follows{moved, only_when_asked()};
    auto const before = co_await follows.check();
    BOOST_TEST((before.state == health_state::degraded));
    moved.refresh(copg::connect_options{cluster().dsn()});
    auto const after = co_await follows.check();
    BOOST_TEST((after.state == health_state::healthy), after.last_error);
}

BOOST_AUTO_TEST_CASE(a_watch_alone_keeps_no_loop_running) {
    asio::io_context loop;
    copg::pool const shared{loop.get_executor(), copg::connect_options{cluster().dsn()}};
    pool_health const health{shared, every(1ms)};
    while (health.status().checks < 2) {
        loop.restart();
        loop.run(); // ends when nothing is due just now
        std::this_thread::yield();
    }
    BOOST_TEST((health.status().state == health_state::healthy));
}

BOOST_AUTO_TEST_CASE(a_check_under_way_ends_with_the_last_handle) {
    fault_proxy proxy{cluster().port()};
    faults hole;
    hole.black_hole = true;
    proxy.set(hole);
    asio::io_context loop;
    copg::pool const shared{loop.get_executor(), copg::connect_options{proxy.dsn("postgres")}};
    auto options = every(1ms);
    options.timeout = 1h;
    std::optional<pool_health> health{std::in_place, shared, options};
    while (proxy.connections() == 0) {
        loop.restart();
        loop.run_for(1ms);
    }
    std::thread{[&] { health.reset(); }}.join();
    loop.restart();
    loop.run_for(30s);
    BOOST_TEST(loop.stopped(), "something keeps the loop running");
}

BOOST_AUTO_TEST_CASE(a_loop_may_be_destroyed_in_the_middle_of_a_check) {
    fault_proxy proxy{cluster().port()};
    faults hole;
    hole.black_hole = true;
    proxy.set(hole);
    std::vector<ending> ends;
    {
        asio::io_context loop;
        copg::pool const shared{loop.get_executor(), copg::connect_options{proxy.dsn("postgres")}};
        pool_health const health{shared, every(1ms)};
        asio::co_spawn(loop, note_check(health, ends), asio::detached);
        while (proxy.connections() == 0)
            loop.run_for(1ms);
    }
    BOOST_TEST(ends.empty());
}

BOOST_AUTO_TEST_CASE(watches_end_on_any_thread_while_they_check) {
    asio::io_context loop;
    auto const work = asio::make_work_guard(loop);
    std::thread runner{[&] { loop.run(); }};
    copg::pool const shared{loop.get_executor(), copg::connect_options{cluster().dsn()}};
    for (int i = 0; i < 100; ++i) {
        pool_health const first{shared, every(1ms)};
        pool_health const second{shared, every(1ms)};
        if (i % 10 == 0)
            while (first.status().checks == 0)
                std::this_thread::yield();
    }
    shared.close();
    pool_health const late{shared};
    BOOST_TEST((late.status().state == health_state::disconnected));
    loop.stop();
    runner.join();
}

BOOST_AUTO_TEST_SUITE_END()
