// SPDX-License-Identifier: BSL-1.0
// What an operator sees of a pool and does with it.
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/pools.hpp"
#include "support/recorder.hpp"

#include <copg/pool/connection_budget.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <numeric>

using namespace copg::test;
using copg::close_reason;
using copg::errc;
using copg::lease;
using copg::session;

namespace {

/// What an acquire fails with, whole.
asio::awaitable<std::exception_ptr> thrown_by(asio::awaitable<lease> acquire) {
    try {
        co_await std::move(acquire);
    } catch (...) {
        co_return std::current_exception();
    }
    co_return nullptr;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_operations)

COPG_COROUTINE_TEST(a_timeout_tells_how_the_wait_was_spent_and_who_holds_the_connections) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1, 30ms));
    auto const line = __LINE__ + 1;
    auto const held = co_await shared.acquire("a");
    auto const failure = co_await thrown_by(shared.acquire());
    BOOST_TEST_REQUIRE((failure != nullptr));
    try {
        std::rethrow_exception(failure);
    } catch (copg::acquire_error const& e) {
        BOOST_TEST((e.code() == errc::acquire_timeout));
        BOOST_TEST((e.waited().total >= 30ms));
        BOOST_TEST((e.waited().in_use == e.waited().total));
        BOOST_TEST((e.last_connect_failure() == nullptr));
        BOOST_TEST_REQUIRE(e.longest_leases().size() == 1u);
        auto const& longest = e.longest_leases().front();
        BOOST_TEST(longest.where.line() == static_cast<unsigned>(line));
        BOOST_TEST(longest.session == "schema \"a\"");
        BOOST_TEST(longest.backend_pid == held.backend_pid());
        std::string const text = e.what();
        BOOST_TEST(text.find("pool_operations.cpp:" + std::to_string(line)) != text.npos, text);
        BOOST_TEST(text.find("ms all in use") != text.npos, text);
        BOOST_TEST(text.find("; 0 more coroutines are waiting") != text.npos, text);
    }
}

COPG_COROUTINE_TEST(a_wait_may_be_over_before_it_begins_or_as_long_as_can_be_said) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto held = co_await shared.acquire(session{}, std::chrono::milliseconds::max());
    auto const end = co_await end_of(shared.acquire(session{}, -1ms));
    BOOST_TEST((end.code == errc::acquire_timeout));
    held.release();
    auto const next = co_await shared.acquire(session{}, -1ms); // there was no need to wait
    co_await next.ping();
}

COPG_COROUTINE_TEST(a_waiter_above_the_queues_limit_fails_at_once) {
    auto const executor = co_await asio::this_coro::executor;
    auto options = at_most(1);
    options.wait_queue_limit = 2;
    auto const shared = co_await make_pool(cluster().dsn(), options);
    auto held = co_await shared.acquire();
    std::vector<int> order;
    for (int number = 0; number < 2; ++number)
        asio::co_spawn(executor, note_turn(shared, order, number), asio::detached);
    co_await eventually([&] { return shared.statistics().waiting == 2; });
    auto const end = co_await end_of(shared.acquire());
    BOOST_TEST((end.code == errc::queue_full));
    BOOST_TEST(shared.statistics().queue_full == 1u);
    held.release();
    co_await eventually([&] { return order.size() == 2; });
}

COPG_COROUTINE_TEST(a_tenant_at_its_maximum_waits_while_others_are_served) {
    auto options = at_most(3, 30ms);
    options.tenant_maximum = 1;
    options.tenant_maxima["big"] = 2;
    auto const shared = co_await make_pool(cluster().dsn(), options);
    auto const first = co_await shared.acquire("small");
    auto const refused = co_await thrown_by(shared.acquire("small"));
    BOOST_TEST_REQUIRE((refused != nullptr));
    try {
        std::rethrow_exception(refused);
    } catch (copg::acquire_error const& e) {
        BOOST_TEST((e.waited().tenant_maximum == e.waited().total));
    }
    auto const second = co_await shared.acquire("big");
    auto const third = co_await shared.acquire("big");
    BOOST_TEST(third.backend_pid() != second.backend_pid());
    BOOST_TEST(shared.leases().size() == 3u);
}

COPG_COROUTINE_TEST(a_pool_is_resized_while_it_is_used) {
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto first = co_await shared.acquire();
    std::vector<int> order;
    asio::co_spawn(executor, note_turn(shared, order, 1), asio::detached);
    co_await eventually([&] { return shared.statistics().waiting == 1; });
    shared.resize(0, 2); // a waiter is served by the room that has come
    co_await eventually([&] { return order.size() == 1; });
    co_await eventually([&] { return shared.statistics().idle == 1; });
    shared.resize(0, 1);
    BOOST_TEST(shared.statistics().open == 1u);
    BOOST_TEST(shared.statistics().closed(close_reason::resized) == 1u);
    BOOST_CHECK_EXCEPTION(shared.resize(2, 1), copg::error, [](copg::error const& e) {
        return e.code() == errc::invalid_configuration;
    });
    BOOST_TEST(shared.options().maximum == 1u);
    co_await first.ping();
}

COPG_COROUTINE_TEST(a_paused_pool_gives_out_nothing_until_it_is_resumed) {
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(cluster().dsn(), at_most(2));
    auto const before = co_await shared.acquire();
    shared.pause();
    co_await before.ping();
    BOOST_TEST(!shared.try_acquire());
    auto const late = co_await thrown_by(shared.acquire(session{}, 20ms));
    try {
        std::rethrow_exception(late);
    } catch (copg::acquire_error const& e) {
        BOOST_TEST((e.waited().paused == e.waited().total));
    }
    std::vector<int> order;
    asio::co_spawn(executor, note_turn(shared, order, 1), asio::detached);
    co_await eventually([&] { return shared.statistics().waiting == 1; });
    shared.resume();
    co_await eventually([&] { return order.size() == 1; });
}

COPG_COROUTINE_TEST(a_drain_waits_for_leases_and_reports_none_when_all_come_back) {
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(cluster().dsn(), at_most(2));
    auto held = co_await shared.acquire();
    std::optional<copg::drain_report> report;
    asio::co_spawn(executor, shared.drain(1min), [&](std::exception_ptr, copg::drain_report r) {
        report = std::move(r);
    });
    co_await yield();
    auto const refused = co_await end_of(shared.acquire());
    BOOST_TEST((refused.code == errc::pool_closed));
    co_await held.ping();
    BOOST_TEST(!report.has_value());
    held.release();
    co_await eventually([&] { return report.has_value(); });
    BOOST_TEST(report->cancelled.empty());
    BOOST_TEST(shared.statistics().open == 0u);
}

COPG_COROUTINE_TEST(a_drain_stops_what_still_runs_after_its_grace_and_tells_of_it) {
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(cluster().dsn(), at_most(2));
    auto const held = co_await shared.acquire();
    auto const pid = held.backend_pid();
    std::exception_ptr failure;
    asio::co_spawn(executor,
                   held.execute("select pg_sleep(60)"),
                   [&](std::exception_ptr thrown, auto) { failure = std::move(thrown); });
    auto const watcher = co_await copg::connection::connect(cluster().dsn());
    copg::sql const running{"select 1 from pg_stat_activity where pid = $1 and state = 'active'"};
    for (auto runs = false; !runs;)
        runs = co_await watcher.exists(running, pid);
    auto const report = co_await shared.drain(20ms);
    BOOST_TEST_REQUIRE(report.cancelled.size() == 1u);
    BOOST_TEST(report.cancelled.front().backend_pid == pid);
    co_await eventually([&] { return failure != nullptr; });
    for (auto runs = true; runs;) // it is stopped on the server, which would not notice by itself
        runs = co_await watcher.exists(running, pid);
}

COPG_COROUTINE_TEST(a_lease_that_is_held_for_long_is_reported_once_with_its_place) {
    struct leak_recorder : recorder {
        void on_long_lease(copg::long_lease_event const& event) noexcept override {
            lines.push_back(event.where.line());
        }
        std::vector<unsigned> lines;
    };
    auto const seen = std::make_shared<leak_recorder>();
    auto const executor = co_await asio::this_coro::executor;
    auto options = at_most(2);
    options.leak_threshold = 20ms;
    copg::connect_options target{cluster().dsn()};
    target.observer(seen);
    copg::pool const shared{executor, target, options};
    auto const line = __LINE__ + 1;
    auto const held = co_await shared.acquire();
    co_await eventually([&] { return !seen->lines.empty(); });
    co_await eventually([&] { return shared.leases().front().held > 100ms; });
    BOOST_TEST(seen->lines.size() == 1u);
    BOOST_TEST(seen->lines.front() == static_cast<unsigned>(line));
    BOOST_TEST(shared.statistics().long_leases == 1u);
}

COPG_COROUTINE_TEST(statistics_count_requests_failures_and_their_times) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    for (int i = 0; i < 3; ++i) {
        auto const held = co_await shared.acquire();
        co_await held.execute("select 1");
    }
    {
        auto const held = co_await shared.acquire();
        auto const end = co_await end_of(held.execute("select 1 / 0"));
        BOOST_TEST(static_cast<bool>(end.code));
    }
    shared.refresh(); // the count outlives its connection
    auto const now = shared.statistics();
    BOOST_TEST(now.open == 0u);
    BOOST_TEST(now.requests.completed == 4u);
    BOOST_TEST(now.requests.failed == 1u);
    BOOST_TEST(now.requests.active == 0u);
    BOOST_TEST((now.requests.time > 0ns));
    auto const counted = std::accumulate(
        now.requests.durations.begin(), now.requests.durations.end(), std::uint64_t{0});
    BOOST_TEST(counted == 4u);
    BOOST_TEST(now.acquired == 4u);
    BOOST_TEST((now.waited.total == now.waited.connecting));
}

COPG_COROUTINE_TEST(pools_of_one_budget_never_have_more_connections_together) {
    auto const executor = co_await asio::this_coro::executor;
    auto options = at_most(10);
    options.budget = std::make_shared<copg::connection_budget>(4);
    options.budget_minimum = 1;
    scratch_database const one;
    scratch_database const two;
    scratch_database const three;
    std::vector<copg::pool> pools;
    for (auto const* database : {&one, &two, &three}) {
        auto made = co_await make_pool(database->dsn(), options);
        pools.push_back(std::move(made));
    }
    std::vector<int> order;
    for (int number = 0; number < 300; ++number)
        asio::co_spawn(
            executor,
            note_turn(pools[static_cast<std::size_t>(number) % pools.size()], order, number),
            asio::detached);
    auto const watcher = co_await copg::connection::connect(cluster().dsn());
    while (order.size() < 300) {
        auto const open = co_await watcher.fetch_one<std::int64_t>(
            "select count(*) from pg_stat_activity where backend_type = 'client backend' and "
            "datname in ($1, $2, $3)",
            one.name(),
            two.name(),
            three.name());
        BOOST_TEST(options.budget->used() <= 4u);
        BOOST_TEST(open <= 8); // a server process outlives its connection for a moment
    }
    for (auto const& each : pools)
        BOOST_TEST(each.statistics().acquired == 100u);
}

COPG_COROUTINE_TEST(a_pool_without_a_connection_gets_the_one_that_was_idle_for_longest_elsewhere) {
    auto options = at_most(2);
    options.budget = std::make_shared<copg::connection_budget>(2);
    auto const first = co_await make_pool(cluster().dsn(), options);
    auto const second = co_await make_pool(cluster().dsn(), options);
    co_await first.ping();
    {
        auto const one = co_await first.acquire();
        auto const two = co_await first.acquire();
    }
    BOOST_TEST(first.statistics().idle == 2u);
    co_await second.ping();
    BOOST_TEST(first.statistics().open == 1u);
    BOOST_TEST(first.statistics().closed(close_reason::budget) == 1u);
    BOOST_TEST(options.budget->reclaimed() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
