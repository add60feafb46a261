// SPDX-License-Identifier: BSL-1.0
// How a manager's pools come about, and what they owe to each other.
#include "support/cluster.hpp"
#include "support/fault_proxy.hpp"
#include "support/managers.hpp"

#include <copg/base/sql_error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <atomic>
#include <optional>
#include <thread>

using namespace copg::test;
using copg::errc;
using copg::manager;
using copg::sqlstate;

namespace {

copg::pool_options sized(std::size_t maximum) {
    copg::pool_options options;
    options.maximum = maximum;
    return options;
}

struct tally {
    int succeeded = 0;
    int failed = 0;
    std::vector<ending> endings;
};

asio::awaitable<void> use_once(manager routes, std::string id, tally& results) {
    auto const end = co_await end_of(routes.tenant(id).ping());
    ++(end.code ? results.failed : results.succeeded);
    results.endings.push_back(end);
}

asio::awaitable<void> spawn_uses(manager routes, std::string id, int count, tally& results) {
    auto const executor = co_await asio::this_coro::executor;
    for (int i = 0; i < count; ++i)
        asio::co_spawn(executor, use_once(routes, id, results), asio::detached);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_manager_creation)

// X11: several pools were made, and the losers leaked.
COPG_COROUTINE_TEST(two_hundred_first_uses_make_one_pool_and_at_most_its_maximum) {
    scratch_database const database;
    fault_proxy proxy{cluster().port()};
    auto routes = co_await make_manager(sized(4));
    for (int i = 0; i < 10; ++i)
        routes.set_tenant("t" + std::to_string(i), {.dsn = proxy.dsn(database.name())});
    tally results;
    for (int i = 0; i < 10; ++i)
        co_await spawn_uses(routes, "t" + std::to_string(i), 20, results);
    co_await eventually([&] { return results.succeeded + results.failed == 200; });
    BOOST_TEST(results.succeeded == 200);
    BOOST_TEST(routes.statistics().pools.size() == 1u);
    BOOST_TEST(proxy.connections() <= 4u);
}

// X12, A3: creation had no time limit, and a failed one left its pool behind.
COPG_COROUTINE_TEST(a_server_that_does_not_answer_fails_the_first_use_within_the_connect_timeout) {
    fault_proxy proxy{cluster().port()};
    faults silent;
    silent.black_hole = true;
    proxy.set(silent);
    auto options = sized(4);
    options.connect_timeout = 50ms;
    options.acquire_timeout = 0ms; // no other limit
    auto routes = co_await make_manager(options);
    routes.set_tenant("t", {.dsn = proxy.dsn("postgres")});
    auto const end = co_await end_of(routes.tenant("t").ping());
    BOOST_TEST((end.code == errc::connect_timeout), end.message);
    BOOST_TEST(routes.statistics().open == 0u);
    proxy.set({});
    co_await eventually([&] { return routes.statistics().pools.at(0).statistics.connecting == 0; });
    auto again = co_await end_of(routes.tenant("t").ping());
    while (again.code == errc::connect_timeout) // told of the failure, until a try is due
        again = co_await end_of(routes.tenant("t").ping());
    BOOST_TEST(!again.code, again.message);
}

// X17: the error of the ping was lost behind that of the close.
COPG_COROUTINE_TEST(all_who_wait_for_a_pool_that_cannot_be_made_hear_why) {
    auto routes = co_await make_manager(sized(2));
    routes.set_tenant("t", {.dsn = cluster().dsn("no_such_database")});
    tally results;
    co_await spawn_uses(routes, "t", 50, results);
    co_await eventually([&] { return results.failed == 50; });
    for (auto const& end : results.endings) {
        BOOST_TEST((end.code == sqlstate::invalid_catalog_name), end.message);
        BOOST_TEST(end.message.find("no_such_database") != std::string::npos, end.message);
    }
}

COPG_COROUTINE_TEST(a_pool_that_could_not_be_made_is_made_when_its_database_is_there) {
    auto routes = co_await make_manager(sized(2));
    routes.set_tenant("t", {.dsn = cluster().dsn("made_later")});
    auto const first = co_await end_of(routes.tenant("t").ping());
    BOOST_TEST((first.code == sqlstate::invalid_catalog_name));
    scratch_database const other;
    other.execute({"create database made_later"});
    auto end = co_await end_of(routes.tenant("t").ping());
    while (end.code == sqlstate::invalid_catalog_name)
        end = co_await end_of(routes.tenant("t").ping());
    BOOST_TEST(!end.code, end.message);
    routes.close();
}

// X10: one mutex was held while connecting and while waiting for a connection.
COPG_COROUTINE_TEST(an_exhausted_pool_delays_nobody_else) {
    scratch_database const one;
    scratch_database const two;
    auto options = sized(1);
    options.acquire_timeout = 0ms;
    auto routes = co_await make_manager(options);
    routes.set_tenant("a", {.dsn = one.dsn()});
    routes.set_tenant("b", {.dsn = two.dsn()});
    auto held = co_await routes.acquire_tenant("a");
    tally waiting;
    co_await spawn_uses(routes, "a", 3, waiting);
    co_await eventually([&] { return routes.statistics().waiting == 3; });

    co_await routes.tenant("b").ping();
    routes.set_tenant("c", {.dsn = two.dsn(), .schema = "public"});
    co_await routes.tenant("c").ping();
    BOOST_TEST(routes.remove_tenant("c"));
    BOOST_TEST(routes.statistics().pools.size() == 2u);
    copg::target const beside{.dsn = two.dsn()};
    auto const other = co_await routes.create_pool("x", beside);
    BOOST_TEST(waiting.succeeded + waiting.failed == 0, "all this while A still waits");
    held.release();
    co_await eventually([&] { return waiting.succeeded == 3; });
}

COPG_COROUTINE_TEST(an_unreachable_pool_delays_nobody_else_and_not_the_shutdown) {
    scratch_database const database;
    fault_proxy proxy{cluster().port()};
    faults silent;
    silent.black_hole = true;
    proxy.set(silent);
    auto options = sized(1);
    options.connect_timeout = 0ms;
    options.acquire_timeout = 0ms;
    auto routes = co_await make_manager(options);
    routes.set_tenant("a", {.dsn = proxy.dsn("postgres")});
    routes.set_tenant("b", {.dsn = database.dsn()});
    tally waiting;
    co_await spawn_uses(routes, "a", 3, waiting);
    co_await eventually([&] { return proxy.connections() == 1; });
    co_await routes.tenant("b").ping();
    BOOST_TEST(routes.statistics().waiting == 3u);
    BOOST_TEST(waiting.failed == 0);
    auto const report = co_await routes.shutdown(10s);
    BOOST_TEST(report.cancelled() == 0u);
    co_await eventually([&] { return waiting.failed == 3; });
    for (auto const& end : waiting.endings)
        BOOST_TEST((end.code == errc::pool_closed));
}

// K1 to K4
COPG_COROUTINE_TEST(a_factory_makes_each_pool_once_and_its_error_reaches_the_caller) {
    scratch_database const database;
    int calls = 0;
    copg::manager_options options;
    options.factory = [&calls](copg::pool_request const& request) {
        if (++calls == 1)
            throw std::runtime_error{"not yet"};
        auto wanted = request.options;
        wanted.maximum = 3;
        return copg::pool{request.executor, request.target, wanted};
    };
    auto routes = co_await make_manager(options);
    routes.set_tenant("a", {.dsn = database.dsn()});
    routes.set_tenant("b", {.dsn = database.dsn(), .schema = "public"});
    auto const first = co_await end_of(routes.acquire_tenant("a"));
    BOOST_TEST(first.message == "not yet");
    for (int i = 0; i < 5; ++i) {
        co_await routes.tenant("a").ping();
        co_await routes.tenant("b").ping();
    }
    BOOST_TEST(calls == 2);
    BOOST_TEST(routes.tenant("a").pool().options().maximum == 3u);
}

BOOST_AUTO_TEST_CASE(threads_that_want_a_pool_at_once_get_the_same) {
    asio::io_context loop;
    std::atomic<int> calls = 0;
    copg::manager_options options;
    options.factory = [&calls](copg::pool_request const& request) {
        ++calls;
        std::this_thread::yield();
        return copg::pool{request.executor, request.target, request.options};
    };
    for (int round = 0; round < 50; ++round) {
        manager routes{loop.get_executor(), options};
        calls = 0;
        routes.set_tenant("t", {.dsn = "host=192.0.2.1 user=u"});
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&routes] { routes.tenant("t"); });
        threads.clear();
        BOOST_TEST(calls == 1);
    }
}

// K7, X74
COPG_COROUTINE_TEST(an_adopted_pool_is_used_and_not_closed) {
    scratch_database const database;
    make_two_tenants(database);
    auto const executor = co_await asio::this_coro::executor;
    copg::pool const mine{executor, copg::connect_options{database.dsn()}};
    auto routes = co_await make_manager();
    routes.adopt_pool("mine", mine, copg::session{"b"});
    BOOST_TEST((routes.named("mine").pool() == mine));
    auto const owner =
        co_await routes.named("mine").fetch_one<std::string>("select owner from item where id = 1");
    BOOST_TEST(owner == "b");
    BOOST_TEST(routes.get("mine").statistics()->connected == 1u);
    co_await routes.shutdown(1s);
    co_await mine.ping();
}

COPG_COROUTINE_TEST(parameters_of_the_dsn_size_the_pool_before_the_target_and_the_manager) {
    auto routes = co_await make_manager(sized(7));
    auto const dsn = std::string{"host=192.0.2.1 user=u dbname="};
    routes.set_named("plain", {.dsn = dsn + "a"});
    routes.set_named("own", {.dsn = dsn + "b", .pool = sized(5)});
    routes.set_named("dsn", {.dsn = dsn + "c pool_max_conns=3", .pool = sized(5)});
    BOOST_TEST(routes.named("plain").pool().options().maximum == 7u);
    BOOST_TEST(routes.named("own").pool().options().maximum == 5u);
    BOOST_TEST(routes.named("dsn").pool().options().maximum == 3u);
    BOOST_CHECK_THROW(routes.set_named("bad", {.dsn = dsn + "d pool_max_conns=many"}), copg::error);
}

// D7, E1
COPG_COROUTINE_TEST(options_that_a_shared_pool_cannot_follow_are_reported) {
    auto routes = co_await make_manager();
    std::string const dsn = "host=192.0.2.1 user=u";
    routes.set_named("one", {.dsn = dsn, .pool = sized(5)});
    routes.set_named("two", {.dsn = dsn, .pool = sized(6)});
    BOOST_TEST((routes.named("one").pool() == routes.named("two").pool()));
    auto const pools = routes.statistics().pools;
    BOOST_REQUIRE(pools.size() == 1u);
    BOOST_TEST(pools[0].ignored_options == std::vector<std::string>{"maximum"},
               boost::test_tools::per_element());
}

// P2; the budget over all pools
COPG_COROUTINE_TEST(a_managers_bound_holds_over_all_its_pools) {
    scratch_database const one;
    scratch_database const two;
    copg::manager_options options{sized(5)};
    options.maximum_connections = 3;
    auto routes = co_await make_manager(options);
    routes.set_tenant("a", {.dsn = one.dsn()});
    routes.set_tenant("b", {.dsn = two.dsn()});
    tally results;
    std::size_t most = 0;
    for (int i = 0; i < 20; ++i) {
        co_await spawn_uses(routes, "a", 5, results);
        co_await spawn_uses(routes, "b", 5, results);
    }
    co_await eventually([&] {
        most = std::max(most, routes.statistics().open);
        return results.succeeded + results.failed == 200;
    });
    BOOST_TEST(results.failed == 0);
    BOOST_TEST(most <= 3u);
    BOOST_TEST(routes.statistics().maximum_connections == 3u);
}

// X21: pools were never released.
COPG_COROUTINE_TEST(a_thousand_on_and_offboardings_leave_the_connections_where_they_were) {
    scratch_database const one;
    scratch_database const two;
    auto routes = co_await make_manager(sized(2));
    routes.set_tenant("stays", {.dsn = one.dsn()});
    co_await routes.tenant("stays").ping();
    auto const before = routes.statistics();
    auto const backends =
        "select count(*)::text from pg_stat_activity where datname = '" + two.name() + "'";
    for (int i = 0; i < 1'000; ++i) {
        auto const id = "t" + std::to_string(i);
        auto const database = i % 10 == 0 ? two.dsn() : one.dsn();
        copg::target const where{.dsn = database};
        co_await routes.onboard_tenant(id, where);
        auto const report = co_await routes.offboard_tenant(id);
        BOOST_TEST(report.was_there);
    }
    auto const after = routes.statistics();
    BOOST_TEST(after.tenants == before.tenants);
    BOOST_TEST(after.pools.size() == before.pools.size());
    BOOST_TEST(after.open == before.open);
    co_await eventually([&] { return one.text(backends) == "0"; });
}

// E9
COPG_COROUTINE_TEST(an_unreferenced_pool_is_closed_unless_it_is_to_be_retained) {
    scratch_database const database;
    for (auto const retain : {false, true}) {
        copg::manager_options options;
        options.retain_unreferenced_pools = retain;
        auto routes = co_await make_manager(options);
        routes.set_tenant("t", {.dsn = database.dsn()});
        co_await routes.tenant("t").ping();
        routes.remove_tenant("t");
        BOOST_TEST(routes.statistics().pools.size() == (retain ? 1u : 0u));
        routes.set_named("n", {.dsn = database.dsn()});
        co_await routes.named("n").ping();
        BOOST_TEST(routes.named("n").pool().statistics().connected == 1u);
    }
}

COPG_COROUTINE_TEST(a_handle_keeps_the_pool_that_the_next_tenant_of_the_target_gets) {
    scratch_database const database;
    auto routes = co_await make_manager();
    routes.set_tenant("t", {.dsn = database.dsn()});
    auto const handle = routes.tenant("t");
    routes.remove_tenant("t");
    co_await handle.ping();
    routes.set_tenant("u", {.dsn = database.dsn()});
    BOOST_TEST((routes.tenant("u").pool() == handle.pool()));
}

// X72: there could be one only.
COPG_COROUTINE_TEST(two_managers_share_neither_registrations_nor_pools) {
    scratch_database const database;
    auto first = co_await make_manager();
    auto second = co_await make_manager();
    first.set_tenant("t", {.dsn = database.dsn()});
    BOOST_TEST(!second.has_tenant("t"));
    second.set_tenant("t", {.dsn = database.dsn()});
    BOOST_TEST((first.tenant("t").pool() != second.tenant("t").pool()));
    co_await first.shutdown(1s);
    co_await second.tenant("t").ping();
}

COPG_COROUTINE_TEST(a_target_whose_pool_was_closed_gets_a_new_one_when_it_comes_again) {
    scratch_database const database;
    auto routes = co_await make_manager();
    routes.set_tenant("t", {.dsn = database.dsn()});
    auto const handle = routes.tenant("t");
    routes.remove_tenant("t");
    handle.pool().close();
    routes.set_tenant("t", {.dsn = database.dsn()});
    co_await routes.tenant("t").ping();
}

// What was retained after the manager had gone, was never closed: the test's loop would not end.
COPG_COROUTINE_TEST(what_a_manager_would_retain_does_not_outlive_it) {
    scratch_database const database;
    copg::manager_options options;
    options.retain_unreferenced_pools = true;
    std::optional<copg::named_connection> kept;
    {
        auto routes = co_await make_manager(options);
        routes.set_named("n", {.dsn = database.dsn()});
        kept = routes.get("n");
    }
    co_await kept->db().ping();
}

BOOST_AUTO_TEST_SUITE_END()
