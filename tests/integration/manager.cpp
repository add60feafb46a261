// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/managers.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/manager/manager.hpp>
#include <copg/scope/transaction.hpp>

#include <algorithm>

using namespace copg::test;
using copg::errc;
using copg::manager;
using copg::sqlstate;

namespace {

asio::awaitable<std::string> owner(copg::database db) {
    auto text = co_await db.fetch_one<std::string>("select owner from item where id = 1");
    co_return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_manager)

COPG_COROUTINE_TEST(tenants_and_names_of_one_target_share_a_pool_and_never_a_schema) {
    scratch_database const database;
    make_two_tenants(database);
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = database.tcp_dsn(), .schema = "a"});
    routes.set_tenant("beta", {.dsn = database.tcp_dsn() + "?sslmode=prefer", .schema = "b"});
    routes.set_named("acme", {.dsn = database.tcp_dsn(), .schema = "b"});
    for (int i = 0; i < 5; ++i) {
        auto const acme = co_await owner(routes.tenant("acme"));
        auto const beta = co_await owner(routes.tenant("beta"));
        auto const named = co_await owner(routes.named("acme"));
        BOOST_TEST(acme == "a");
        BOOST_TEST(beta == "b");
        BOOST_TEST(named == "b");
    }
    BOOST_TEST((routes.tenant("acme").pool() == routes.tenant("beta").pool()));
    BOOST_TEST((routes.tenant("acme").pool() == routes.named("acme").pool()));
    BOOST_TEST(routes.named("acme").pool().statistics().connected == 1u);
}

COPG_COROUTINE_TEST(a_tenants_id_is_the_tenant_setting_of_its_statements) {
    scratch_database const database;
    make_two_tenants(database);
    auto routes = co_await make_manager();
    routes.set_tenant("it's \"me\"", {.dsn = database.dsn(), .schema = "a"});
    auto lease = co_await routes.acquire_tenant("it's \"me\"");
    auto const id =
        co_await lease.fetch_one<std::string>("select current_setting('app.current_tenant')");
    BOOST_TEST(id == "it's \"me\"");
}

COPG_COROUTINE_TEST(unknown_tenants_and_names_are_errors_with_fixed_texts) {
    auto const routes = co_await make_manager();
    auto const tenant = co_await end_of(routes.acquire_tenant("acme"));
    BOOST_TEST((tenant.code == errc::tenant_not_found));
    BOOST_TEST(tenant.message == "tenant pool not found: acme");
    auto const name = co_await end_of(routes.acquire_named("main-db"));
    BOOST_TEST((name.code == errc::name_not_found));
    BOOST_TEST(name.message == "named pool not found: main-db");
}

COPG_COROUTINE_TEST(registrations_are_listed_replaced_and_removed_without_any_traffic) {
    auto routes = co_await make_manager();
    auto const nowhere = "host=192.0.2.1 user=app dbname=d";
    routes.set_tenant("t", {.dsn = nowhere, .schema = "one"});
    routes.set_tenant("t", {.dsn = nowhere, .schema = "two"});
    routes.set_named("n", {.dsn = nowhere});
    BOOST_TEST(routes.has_tenant("t"));
    BOOST_TEST(!routes.has_tenant("n"));
    BOOST_TEST(routes.tenants() == std::vector<std::string>{"t"}, boost::test_tools::per_element());
    BOOST_TEST(routes.names() == std::vector<std::string>{"n"}, boost::test_tools::per_element());
    BOOST_TEST((routes.tenant("t").session() == copg::session{"two"}.with_tenant("t")));
    BOOST_TEST(routes.remove_tenant("t"));
    BOOST_TEST(!routes.remove_tenant("t"));
    BOOST_TEST(routes.has_named("n"));
}

COPG_COROUTINE_TEST(what_was_set_can_be_read_back_and_a_copy_changes_nothing) {
    auto routes = co_await make_manager();
    copg::target where{.dsn = "host=h user=u password=secret",
                       .schema = "s",
                       .role = "r",
                       .settings = {{"app.region", "eu"}}};
    routes.set_tenant("t", where);
    routes.set_named("t", {.dsn = "host=other user=u"});
    auto copy = routes.tenant_target("t");
    BOOST_TEST(copy.dsn == where.dsn);
    BOOST_TEST(copy.schema == "s");
    BOOST_TEST(copy.role == "r");
    BOOST_TEST((copy.settings == where.settings));
    copy.settings["app.region"] = "us";
    BOOST_TEST((routes.tenant_target("t").settings == where.settings));
    BOOST_TEST(routes.named_target("t").dsn == "host=other user=u");
    BOOST_CHECK_THROW(routes.tenant_target("nobody"), copg::error);
}

COPG_COROUTINE_TEST(setting_what_is_set_already_keeps_the_pool_and_its_connections) {
    scratch_database const database;
    auto routes = co_await make_manager();
    for (int i = 0; i < 100; ++i) {
        routes.set_tenant("t", {.dsn = database.dsn(), .schema = "public"});
        co_await routes.tenant("t").ping();
    }
    BOOST_TEST(routes.tenant("t").pool().statistics().connected == 1u);
}

COPG_COROUTINE_TEST(ids_that_look_alike_or_hold_separators_are_different_tenants) {
    scratch_database const database;
    auto routes = co_await make_manager();
    std::vector<std::string> const ids{"a", "A", "a:b", "a:b:c", " a", "tenant:a", "é", ""};
    for (auto const& id : ids)
        routes.set_tenant(id, {.dsn = database.dsn()});
    BOOST_TEST(routes.tenants().size() == ids.size());
    for (auto const& id : ids) {
        auto const db = routes.tenant(id);
        auto const seen = co_await db.fetch_one<std::string>(
            "select coalesce(current_setting('app.current_tenant', true), '')");
        BOOST_TEST(seen == id);
    }
    BOOST_CHECK_THROW(routes.set_tenant(std::string_view{"a\0b", 3}, {.dsn = database.dsn()}),
                      copg::error);
}

COPG_COROUTINE_TEST(a_targets_settings_and_role_hold_for_its_statements) {
    scratch_database const database;
    auto routes = co_await make_manager();
    routes.set_named(
        "n",
        {.dsn = database.dsn(), .role = "pg_read_all_data", .settings = {{"app.region", "it's"}}});
    auto const db = routes.named("n");
    auto const region = co_await db.fetch_one<std::string>("select current_setting('app.region')");
    BOOST_TEST(region == "it's");
    auto const role = co_await db.fetch_one<std::string>("select current_user::text");
    BOOST_TEST(role == "pg_read_all_data");
}

COPG_COROUTINE_TEST(a_bad_registration_changes_nothing) {
    auto routes = co_await make_manager();
    routes.set_tenant("t", {.dsn = "host=h user=u", .schema = "one"});
    BOOST_CHECK_THROW(routes.set_tenant("t", {.dsn = "nonsense"}), copg::error);
    BOOST_CHECK_THROW(
        routes.set_tenant("t", {.dsn = "host=h user=u", .schema = std::string(64, 's')}),
        copg::error);
    copg::pool_options bad;
    bad.maximum = 0;
    BOOST_CHECK_THROW(routes.set_tenant("t", {.dsn = "host=h user=u", .pool = bad}), copg::error);
    BOOST_TEST((routes.tenant("t").session() == copg::session{"one"}.with_tenant("t")));
}

COPG_COROUTINE_TEST(removing_a_tenant_leaves_its_leases_alone) {
    scratch_database const database;
    make_two_tenants(database);
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = database.dsn(), .schema = "a"});
    auto lease = co_await routes.acquire_tenant("acme");
    routes.remove_tenant("acme");
    auto const seen = co_await lease.fetch_one<std::string>("select owner from item where id = 1");
    BOOST_TEST(seen == "a");
}

COPG_COROUTINE_TEST(a_dsn_pool_is_the_pool_of_the_tenants_of_that_target) {
    scratch_database const database;
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = database.dsn()});
    auto const pool = co_await routes.dsn_pool(database.dsn());
    BOOST_TEST((pool == routes.tenant("acme").pool()));
    BOOST_TEST(pool.statistics().connected == 1u);
    auto const wrong = co_await end_of(routes.dsn_pool(cluster().dsn("no_such_database")));
    BOOST_TEST((wrong.code == sqlstate::invalid_catalog_name));
    BOOST_TEST((code_of([&] { return routes.dsn_pool("nonsense"); }) == errc::invalid_dsn));
}

COPG_COROUTINE_TEST(a_transaction_by_name_is_joined_by_the_managers_handles) {
    scratch_database const database;
    make_two_tenants(database);
    auto routes = co_await make_manager();
    routes.set_named("main-db", {.dsn = database.dsn(), .schema = "a"});
    auto const body = [&]() -> asio::awaitable<void> {
        co_await routes.named("main-db").execute("delete from item");
        throw std::runtime_error{"no"};
    };
    auto const end = co_await end_of(copg::transaction("main-db", body));
    BOOST_TEST(end.message == "no");
    auto const rows =
        co_await routes.named("main-db").fetch_one<std::int64_t>("select count(*) from item");
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(a_manager_made_inside_a_scope_does_not_keep_it) {
    scratch_database const database;
    make_two_tenants(database);
    std::optional<manager> routes;
    auto const body = [&]() -> asio::awaitable<void> {
        auto made = co_await make_manager();
        routes = std::move(made);
    };
    co_await copg::transaction("main-db", body);
    routes->set_named("main-db", {.dsn = database.dsn(), .schema = "a"});
    auto const seen = co_await owner(routes->named("main-db"));
    BOOST_TEST(seen == "a");
}

BOOST_AUTO_TEST_SUITE_END()
