// SPDX-License-Identifier: BSL-1.0
// The end of a manager.
#include "support/cluster.hpp"
#include "support/managers.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

using namespace copg::test;
using copg::errc;
using copg::manager;

namespace {

copg::pool_options single() {
    copg::pool_options options;
    options.maximum = 1;
    options.acquire_timeout = 0ms;
    return options;
}

asio::awaitable<void> note_end(asio::awaitable<void> operation, std::vector<ending>& ends) {
    auto const end = co_await end_of(std::move(operation));
    ends.push_back(end);
}

asio::awaitable<void> note_shutdown(manager routes,
                                    std::chrono::milliseconds grace,
                                    std::vector<copg::shutdown_report>& reports) {
    auto report = co_await routes.shutdown(grace);
    reports.push_back(std::move(report));
}

asio::awaitable<void> use_and_leave() {
    auto routes = co_await make_manager();
    routes.set_tenant("t", {.dsn = cluster().dsn()});
    co_await routes.tenant("t").ping();
    auto const executor = co_await asio::this_coro::executor;
    static std::vector<ending> ends;
    asio::co_spawn(executor, note_end(routes.tenant("t").ping(), ends), asio::detached);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_manager_shutdown)

// L1, L2, L4, Y10, L5
COPG_COROUTINE_TEST(a_shutdown_ends_waits_at_once_and_cancels_what_outlasts_the_grace) {
    scratch_database const one;
    scratch_database const two;
    auto routes = co_await make_manager(single());
    routes.set_tenant("a", {.dsn = one.dsn()});
    routes.set_tenant("b", {.dsn = two.dsn()});
    auto const executor = co_await asio::this_coro::executor;
    co_await routes.tenant("b").ping();
    auto held = co_await routes.acquire_tenant("a");
    std::vector<ending> sleeping;
    asio::co_spawn(executor, note_end(held.ping(), sleeping), asio::detached);
    co_await eventually([&] { return sleeping.size() == 1; });
    std::vector<ending> waiting;
    asio::co_spawn(executor, note_end(routes.tenant("a").ping(), waiting), asio::detached);
    co_await eventually([&] { return routes.statistics().waiting == 1; });

    auto const report = co_await routes.shutdown(5ms);
    co_await eventually([&] { return waiting.size() == 1; });
    BOOST_TEST((waiting[0].code == errc::pool_closed));
    BOOST_REQUIRE(report.pools.size() == 2u);
    BOOST_TEST(report.cancelled() == 1u);
    for (auto const& pool : report.pools)
        BOOST_TEST(pool.target.find("dbname=") != std::string::npos, pool.target);
    auto const end = co_await end_of(held.ping());
    BOOST_TEST((end.code == errc::connection_lost), end.message);
    held.release();
    co_await eventually([&] { return routes.statistics().open == 0; });
}

COPG_COROUTINE_TEST(a_shutdown_waits_for_leases_that_come_back_in_time) {
    scratch_database const database;
    auto routes = co_await make_manager(single());
    routes.set_tenant("a", {.dsn = database.dsn()});
    auto held = co_await routes.acquire_tenant("a");
    std::vector<copg::shutdown_report> reports;
    auto const executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, note_shutdown(routes, 30s, reports), asio::detached);
    co_await eventually(
        [&] { return code_of([&] { routes.tenant("a"); }) == errc::manager_closed; });
    co_await held.ping();
    BOOST_TEST(reports.empty());
    held.release();
    co_await eventually([&] { return reports.size() == 1; });
    BOOST_TEST(reports[0].cancelled() == 0u);
}

// L3
COPG_COROUTINE_TEST(callers_of_a_shutdown_share_it_and_a_later_one_gets_its_report) {
    scratch_database const database;
    auto routes = co_await make_manager(single());
    routes.set_tenant("a", {.dsn = database.dsn()});
    auto held = co_await routes.acquire_tenant("a");
    std::vector<copg::shutdown_report> reports;
    auto const executor = co_await asio::this_coro::executor;
    for (auto const grace : {30s, 30s})
        asio::co_spawn(executor, note_shutdown(routes, grace, reports), asio::detached);
    asio::co_spawn(executor, note_shutdown(routes, 1ms, reports), asio::detached);
    co_await eventually([&] { return reports.size() == 3; });
    held.release();
    auto const later = co_await routes.shutdown(30s);
    for (auto const& report : reports) {
        BOOST_TEST(report.cancelled() == 1u);
        BOOST_TEST((report.took == later.took));
    }
}

// L4
COPG_COROUTINE_TEST(after_a_shutdown_every_call_is_a_definite_error) {
    scratch_database const database;
    auto routes = co_await make_manager();
    copg::target const where{.dsn = database.dsn()};
    routes.set_tenant("t", where);
    routes.set_named("n", where);
    routes.set_default("n");
    auto const handle = routes.tenant("t");
    auto created = co_await routes.create_pool("x", where);
    co_await routes.shutdown(1s);
    auto const closed = make_error_code(errc::manager_closed);
    BOOST_TEST((code_of([&] { routes.set_tenant("u", where); }) == closed));
    BOOST_TEST((code_of([&] { routes.set_named("u", where); }) == closed));
    BOOST_TEST((code_of([&] { routes.adopt_pool("u", handle.pool()); }) == closed));
    BOOST_TEST((code_of([&] { routes.tenant("t"); }) == closed));
    BOOST_TEST((code_of([&] { routes.named("n"); }) == closed));
    BOOST_TEST((code_of([&] { routes.get("n"); }) == closed));
    BOOST_TEST((code_of([&] { routes.default_connection(); }) == closed));
    BOOST_TEST((code_of([&] { return routes.onboard_tenant("u", where); }) == closed));
    BOOST_TEST((code_of([&] { return routes.migrate_tenant("t", where); }) == closed));
    BOOST_TEST((code_of([&] { return routes.offboard_tenant("t"); }) == closed));
    BOOST_TEST((code_of([&] { return routes.create_pool("x", where); }) == closed));
    BOOST_TEST((code_of([&] { return routes.dsn_pool(database.dsn()); }) == closed));
    BOOST_TEST((code_of([&] { return routes.connect_all(); }) == closed));
    auto const acquire = co_await end_of(routes.acquire_tenant("t"));
    BOOST_TEST((acquire.code == closed));
    auto const ping = co_await end_of(handle.ping());
    BOOST_TEST((ping.code == errc::pool_closed));
    auto const created_ping = co_await end_of(created.db().ping());
    BOOST_TEST((created_ping.code == errc::pool_closed));
    BOOST_TEST(routes.tenants().empty());
    BOOST_TEST(!routes.remove_tenant("t"));
    BOOST_TEST(routes.statistics().open == 0u);
}

// X19: a pool was fetched under the lock, used after it, and closed meanwhile.
COPG_COROUTINE_TEST(a_statement_that_meets_the_end_has_a_result_or_a_definite_error) {
    scratch_database const database;
    auto const executor = co_await asio::this_coro::executor;
    for (int after = 0; after < 6; ++after) {
        copg::pool_options few;
        few.maximum = 3;
        auto routes = co_await make_manager(few);
        routes.set_tenant("t", {.dsn = database.dsn()});
        std::vector<ending> ends;
        for (int i = 0; i < 20; ++i)
            asio::co_spawn(executor, note_end(routes.tenant("t").ping(), ends), asio::detached);
        for (int i = 0; i < after; ++i)
            co_await yield();
        routes.close();
        co_await eventually([&] { return ends.size() == 20; });
        for (auto const& end : ends)
            BOOST_TEST((!end.code || end.code == errc::pool_closed), end.message);
    }
}

COPG_COROUTINE_TEST(closing_the_manager_closes_its_pools_without_waiting) {
    scratch_database const database;
    auto routes = co_await make_manager();
    routes.set_named("main-db", {.dsn = database.dsn()});
    auto const handle = routes.named("main-db");
    co_await handle.ping();
    routes.close();
    auto const end = co_await end_of(handle.ping());
    BOOST_TEST((end.code == errc::pool_closed));
    BOOST_TEST((code_of([&] { routes.named("main-db"); }) == errc::manager_closed));
}

// L6, L8: the test's loop would not end.
COPG_COROUTINE_TEST(a_manager_can_go_at_any_time_and_the_loop_runs_out_of_work) {
    for (int i = 0; i < 3; ++i)
        co_await use_and_leave();
    auto routes = co_await make_manager();
    routes.set_tenant("t", {.dsn = cluster().dsn()});
    co_await routes.tenant("t").ping();
    co_await routes.shutdown(1s);
}

COPG_COROUTINE_TEST(a_shutdown_waits_for_the_lease_of_a_tenant_that_was_removed_too) {
    scratch_database const database;
    for (auto const closed_before : {false, true}) {
        auto routes = co_await make_manager();
        routes.set_tenant("t", {.dsn = database.dsn()});
        auto const held = co_await routes.acquire_tenant("t");
        routes.remove_tenant("t");
        if (closed_before)
            routes.close();
        auto const report = co_await routes.shutdown(5ms);
        BOOST_TEST(report.cancelled() == 1u);
        auto const end = co_await end_of(held.ping());
        BOOST_TEST((end.code == errc::connection_lost), end.message);
    }
}

COPG_COROUTINE_TEST(after_a_shutdown_the_callers_cancellation_counts_as_before) {
    auto routes = co_await make_manager();
    co_await routes.shutdown(1s);
    auto const throws = co_await asio::this_coro::throw_if_cancelled();
    BOOST_TEST(throws);
}

BOOST_AUTO_TEST_SUITE_END()
