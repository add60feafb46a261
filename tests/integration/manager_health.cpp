// SPDX-License-Identifier: BSL-1.0
// A manager looks after its pools.
#include "support/cluster.hpp"
#include "support/managers.hpp"

#include <copg/testing/temporary_cluster.hpp>

using namespace copg::test;
using copg::errc;
using copg::health_state;

BOOST_AUTO_TEST_SUITE(test_manager_health)

// M1, P2, X71: what was never checked counted as unhealthy.
COPG_COROUTINE_TEST(a_check_of_the_manager_asks_every_pool_and_what_was_not_asked_is_unknown) {
    scratch_database const one;
    scratch_database const two;
    copg::testing::temporary_cluster server;
    auto routes = co_await make_manager();
    routes.set_named("one", {.dsn = one.dsn()});
    routes.set_named("two", {.dsn = two.dsn()});
    routes.set_named("gone", {.dsn = server.dsn()});
    routes.set_named("never used", {.dsn = one.dsn() + " application_name=x"});
    co_await routes.connect_all();
    auto const before = routes.statistics();
    BOOST_TEST(before.healthy + before.degraded + before.unhealthy == 0u);
    BOOST_TEST((routes.get("one").health()->state == health_state::unknown));
    server.stop();
    auto const reports = co_await routes.health_check();
    BOOST_TEST(reports.size() == 4u);
    auto const now = routes.statistics();
    BOOST_TEST(now.healthy == 3u);
    BOOST_TEST(now.degraded == 1u, "one failure is not yet unhealthy");
    BOOST_TEST((routes.get("gone").health()->consecutive_failures == 1u));
    co_await routes.health_check();
    co_await routes.health_check();
    BOOST_TEST(routes.statistics().unhealthy == 1u);
    BOOST_TEST((routes.get("gone").health()->state == health_state::unhealthy));
}

// X69: the check borrowed from the exhausted pool.
COPG_COROUTINE_TEST(an_exhausted_pool_is_healthy) {
    scratch_database const database;
    copg::pool_options single;
    single.maximum = 1;
    auto routes = co_await make_manager(single);
    routes.set_named("n", {.dsn = database.dsn()});
    auto const held = co_await routes.acquire_named("n");
    auto const reports = co_await routes.health_check();
    BOOST_REQUIRE(reports.size() == 1u);
    BOOST_TEST((reports[0].status.state == health_state::healthy));
}

COPG_COROUTINE_TEST(pools_are_checked_in_the_background_at_the_managers_interval) {
    scratch_database const database;
    copg::manager_options options;
    options.health.interval = 1ms;
    auto routes = co_await make_manager(options);
    routes.set_named("n", {.dsn = database.dsn()});
    co_await routes.named("n").ping();
    co_await eventually([&] { return routes.get("n").health()->checks >= 3; });
    BOOST_TEST(routes.statistics().healthy == 1u);
    co_await routes.shutdown(1s);
}

// M6
COPG_COROUTINE_TEST(reconnecting_replaces_the_connections_of_a_name) {
    scratch_database const database;
    auto routes = co_await make_manager();
    routes.set_named("n", {.dsn = database.dsn()});
    auto const sql = "select pg_backend_pid()";
    auto const before = co_await routes.named("n").fetch_one<std::int32_t>(sql);
    co_await routes.reconnect("n");
    auto const after = co_await routes.named("n").fetch_one<std::int32_t>(sql);
    BOOST_TEST(before != after);
    BOOST_TEST((code_of([&] { return routes.reconnect("nobody"); }) == errc::name_not_found));
}

// P1
COPG_COROUTINE_TEST(a_monitor_reports_the_pools_of_a_manager_and_does_not_keep_it) {
    scratch_database const database;
    auto const executor = co_await asio::this_coro::executor;
    std::vector<std::vector<copg::pool_report>> reports;
    auto const sink = [&reports](auto const& round) { reports.push_back(round); };
    std::optional<copg::manager> routes{co_await make_manager()};
    copg::monitor const watching{executor, routes->statistics_source(), 1ms, sink};
    routes->set_named("n", {.dsn = database.dsn()});
    co_await routes->named("n").ping();
    watching.start();
    co_await eventually([&] { return reports.size() >= 2; });
    BOOST_REQUIRE(reports[0].size() == 1u);
    BOOST_TEST(reports[0][0].now.connected == 1u);
    routes.reset();
    co_await eventually([&] { return reports.back().empty(); });
    watching.stop();
}

COPG_COROUTINE_TEST(health_options_that_make_no_sense_are_refused) {
    copg::manager_options options;
    options.health.unhealthy_after = 0;
    auto const end = co_await end_of(make_manager(options));
    BOOST_TEST((end.code == errc::invalid_configuration));
}

BOOST_AUTO_TEST_SUITE_END()
