// SPDX-License-Identifier: BSL-1.0
// Tenants come, move and go.
#include "support/cluster.hpp"
#include "support/managers.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/scope/transaction.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

using namespace copg::test;
using copg::errc;
using copg::manager;
using copg::sqlstate;

namespace {

asio::awaitable<void> make_schema(copg::lease& held) {
    co_await held.execute("create schema acme");
    co_await held.execute("create table acme.item (id int)");
}

asio::awaitable<void> make_schema_and_fail(copg::lease& held) {
    co_await held.execute("create table broken (id int)");
    throw std::runtime_error{"set-up failed"};
}

asio::awaitable<void> release_later(copg::lease& held, bool& go) {
    co_await eventually([&go] { return go; });
    held.release();
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_manager_tenants)

// B7
COPG_COROUTINE_TEST(onboarding_makes_what_a_tenant_needs_and_registers_it) {
    scratch_database const database;
    auto routes = co_await make_manager();
    copg::target const where{.dsn = database.dsn(), .schema = "acme"};
    co_await routes.onboard_tenant("acme", where, make_schema);
    auto const rows =
        co_await routes.tenant("acme").fetch_one<std::int64_t>("select count(*) from item");
    BOOST_TEST(rows == 0);
}

COPG_COROUTINE_TEST(a_failed_onboarding_registers_nothing) {
    scratch_database const database;
    auto routes = co_await make_manager();
    copg::target const where{.dsn = database.dsn()};
    auto const set_up = co_await end_of(routes.onboard_tenant("acme", where, make_schema_and_fail));
    BOOST_TEST(set_up.message == "set-up failed");
    copg::target const no_schema{.dsn = database.dsn(), .schema = "none"};
    auto const missing = co_await end_of(routes.onboard_tenant("acme", no_schema));
    BOOST_TEST((missing.code == sqlstate::invalid_schema_name), missing.message);
    copg::target const no_database{.dsn = cluster().dsn("no_such_database")};
    auto const nowhere = co_await end_of(routes.onboard_tenant("acme", no_database));
    BOOST_TEST((nowhere.code == sqlstate::invalid_catalog_name));
    BOOST_TEST(!routes.has_tenant("acme"));
    copg::target const nonsense{.dsn = "nonsense"};
    BOOST_TEST(
        (code_of([&] { return routes.onboard_tenant("acme", nonsense); }) == errc::invalid_dsn));
}

COPG_COROUTINE_TEST(a_failed_onboarding_of_a_tenant_that_is_there_leaves_it_as_it_was) {
    scratch_database const database;
    make_two_tenants(database);
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = database.dsn(), .schema = "a"});
    copg::target const no_schema{.dsn = database.dsn(), .schema = "none"};
    auto const end = co_await end_of(routes.onboard_tenant("acme", no_schema));
    BOOST_TEST((end.code == sqlstate::invalid_schema_name));
    BOOST_TEST(routes.tenant_target("acme").schema == "a");
}

// B8
COPG_COROUTINE_TEST(offboarding_waits_for_the_tenants_leases_and_for_no_others) {
    scratch_database const database;
    make_two_tenants(database);
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = database.dsn(), .schema = "a"});
    routes.set_tenant("beta", {.dsn = database.dsn(), .schema = "b"});
    auto acme = co_await routes.acquire_tenant("acme");
    auto const beta = co_await routes.acquire_tenant("beta");

    auto const late = co_await routes.offboard_tenant("acme", 5ms);
    BOOST_TEST(late.was_there);
    BOOST_REQUIRE(late.in_use.size() == 1u);
    BOOST_TEST(late.in_use[0].session.find("acme") != std::string::npos);
    BOOST_TEST(!routes.has_tenant("acme"));
    co_await acme.ping();

    routes.set_tenant("acme", {.dsn = database.dsn(), .schema = "a"});
    bool go = false;
    auto const executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, release_later(acme, go), asio::detached);
    go = true;
    auto const in_time = co_await routes.offboard_tenant("acme", 30s);
    BOOST_TEST(in_time.in_use.empty());
    auto const nobody = co_await routes.offboard_tenant("acme", 30s);
    BOOST_TEST(!nobody.was_there);
}

// B9
COPG_COROUTINE_TEST(a_migration_swaps_the_target_when_the_new_one_works) {
    scratch_database const one;
    scratch_database const two;
    make_two_tenants(one);
    make_two_tenants(two);
    two.execute({"update a.item set owner = 'moved'"});
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = one.dsn(), .schema = "a"});
    auto const held = co_await routes.acquire_tenant("acme");

    copg::target const no_schema{.dsn = two.dsn(), .schema = "nowhere"};
    auto const bad = co_await end_of(routes.migrate_tenant("acme", no_schema));
    BOOST_TEST((bad.code == sqlstate::invalid_schema_name));
    BOOST_TEST(routes.tenant_target("acme").dsn == one.dsn());

    copg::target const new_home{.dsn = two.dsn(), .schema = "a"};
    auto const report = co_await routes.migrate_tenant("acme", new_home, 5ms);
    BOOST_TEST(report.in_use.size() == 1u, "what is out stays where it is");
    auto const owner = co_await routes.tenant("acme").fetch_one<std::string>(
        "select owner from item where id = 1");
    BOOST_TEST(owner == "moved");
    auto const old = co_await held.fetch_one<std::string>("select owner from item where id = 1");
    BOOST_TEST(old == "a");
    copg::target const anywhere{.dsn = two.dsn()};
    BOOST_TEST((code_of([&] { return routes.migrate_tenant("nobody", anywhere); }) ==
                errc::tenant_not_found));
}

COPG_COROUTINE_TEST(a_tenant_that_goes_while_it_is_migrated_stays_gone) {
    scratch_database const database;
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = database.dsn()});
    copg::target const where{.dsn = database.dsn(), .schema = "public"};
    auto moving = routes.migrate_tenant("acme", where);
    routes.remove_tenant("acme");
    auto const end = co_await end_of(std::move(moving));
    BOOST_TEST((end.code == errc::tenant_not_found));
    BOOST_TEST(!routes.has_tenant("acme"));
}

// C8, C9
COPG_COROUTINE_TEST(a_name_is_onboarded_updated_and_removed_like_a_tenant) {
    scratch_database const database;
    make_two_tenants(database);
    auto routes = co_await make_manager();
    copg::target const first{.dsn = database.dsn(), .schema = "a"};
    co_await routes.onboard_named("main", first);
    auto const before = routes.named("main");
    copg::target const second{.dsn = database.dsn(), .schema = "b"};
    co_await routes.onboard_named("main", second);
    auto const sql = "select owner from item where id = 1";
    auto const old = co_await before.fetch_one<std::string>(sql);
    auto const now = co_await routes.named("main").fetch_one<std::string>(sql);
    BOOST_TEST(old == "a");
    BOOST_TEST(now == "b");
    copg::target const no_database{.dsn = cluster().dsn("none")};
    auto const end = co_await end_of(routes.onboard_named("bad", no_database));
    BOOST_TEST((end.code == sqlstate::invalid_catalog_name));
    BOOST_TEST(!routes.has_named("bad"));
}

// Both registered before they were sure; the one that failed took the other's registration along.
COPG_COROUTINE_TEST(of_two_onboardings_of_one_tenant_the_one_that_fails_takes_nothing_along) {
    scratch_database const database;
    auto routes = co_await make_manager();
    auto const executor = co_await asio::this_coro::executor;
    copg::target const where{.dsn = database.dsn(), .schema = "acme"};
    std::vector<ending> ends;
    for (int i = 0; i < 2; ++i)
        asio::co_spawn(executor,
                       routes.onboard_tenant("acme", where, make_schema),
                       [&ends](std::exception_ptr const& failure) {
                           ends.push_back(failure ? describe(failure) : ending{});
                       });
    co_await eventually([&] { return ends.size() == 2; });
    BOOST_TEST((!ends[0].code != !ends[1].code), "one made the schema");
    co_await routes.tenant("acme").ping();
}

COPG_COROUTINE_TEST(nobody_meets_a_tenant_that_is_half_set_up) {
    scratch_database const database;
    auto routes = co_await make_manager();
    bool seen = true;
    auto const look = [&](copg::lease& held) {
        seen = routes.has_tenant("acme");
        return make_schema(held);
    };
    copg::target const where{.dsn = database.dsn(), .schema = "acme"};
    auto onboarding = routes.onboard_tenant("acme", where, look);
    co_await std::move(onboarding);
    BOOST_TEST(!seen);
    BOOST_TEST(routes.has_tenant("acme"));
}

COPG_COROUTINE_TEST(a_migration_within_its_pool_and_session_waits_for_nobody) {
    scratch_database const database;
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = database.dsn()});
    auto const held = co_await routes.acquire_tenant("acme");
    copg::target const tagged{.dsn = database.dsn(), .tags = {{"env", "prod"}}};
    auto const report = co_await routes.migrate_tenant("acme", tagged, std::chrono::hours{1});
    BOOST_TEST(report.was_there);
    BOOST_TEST(report.in_use.empty());
}

COPG_COROUTINE_TEST(a_grace_without_end_waits_until_the_leases_are_back) {
    scratch_database const database;
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = database.dsn()});
    auto held = co_await routes.acquire_tenant("acme");
    bool go = false;
    auto const executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, release_later(held, go), asio::detached);
    go = true;
    auto const report = co_await routes.offboard_tenant("acme", std::chrono::milliseconds::max());
    BOOST_TEST(report.in_use.empty());
}

COPG_COROUTINE_TEST(a_migration_inside_a_scope_of_its_tenant_leaves_the_scope_alone) {
    scratch_database const one;
    scratch_database const two;
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = one.dsn()});
    auto const here = routes.tenant("acme");
    std::string seen;
    auto const body = [&]() -> asio::awaitable<void> {
        copg::target const there{.dsn = two.dsn()};
        co_await routes.migrate_tenant("acme", there);
        seen = co_await here.fetch_one<std::string>("select current_database()::text");
    };
    co_await copg::transaction(here, body);
    BOOST_TEST(seen == one.name());
}

BOOST_AUTO_TEST_SUITE_END()
