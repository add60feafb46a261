// SPDX-License-Identifier: BSL-1.0
// What one tenant or name must never see of another.
#include "support/cluster.hpp"
#include "support/managers.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/scope/transaction.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>

using namespace copg::test;
using copg::manager;

namespace {

/// Rows of several tenants behind row security, and a role that it holds for.
void make_guarded_table(scratch_database const& database) {
    database.execute(
        {"create table item (owner text, note text)",
         "insert into item values ('acme', 'a'), ('beta', 'b'), ('', 'nobody''s'), "
         "('a''; drop table item; --', 'hostile')",
         "alter table item enable row level security",
         "create policy own on item using "
         "(owner = nullif(current_setting('app.current_tenant', true), ''))",
         "do $$ begin create role shop_user; exception when duplicate_object then null; end $$",
         "grant select on item to shop_user"});
}

asio::awaitable<std::vector<std::string>> notes(copg::database db) {
    auto rows = co_await db.fetch<std::string>("select note from item order by note");
    co_return rows;
}

asio::awaitable<std::vector<std::string>> notes_in_scope(copg::database db) {
    auto const body = [&db]() -> asio::awaitable<std::vector<std::string>> {
        auto rows = co_await notes(db);
        co_return rows;
    };
    auto rows = co_await copg::transaction(db, body);
    co_return rows;
}

asio::awaitable<void>
check_owner(manager routes, std::string name, int times, std::atomic<int>& wrong) {
    for (int i = 0; i < times; ++i) {
        auto const seen = co_await routes.named(name).fetch_one<std::string>(
            "select owner from item where id = 1");
        wrong += seen == name ? 0 : 1;
        auto const held = co_await routes.acquire_named(name);
        auto const again =
            co_await held.fetch_one<std::string>("select owner from item where id = 1");
        wrong += again == name ? 0 : 1;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_manager_isolation)

// X1, X2: the setting had no effect outside transactions, and the id was spliced into SQL.
COPG_COROUTINE_TEST(row_security_shows_exactly_the_tenants_rows_in_and_out_of_transactions) {
    scratch_database const database;
    make_guarded_table(database);
    auto routes = co_await make_manager();
    for (std::string const id : {"acme", "beta", "a'; drop table item; --", "stranger"}) {
        routes.set_tenant(id, {.dsn = database.dsn(), .role = "shop_user"});
        auto const outside = co_await notes(routes.tenant(id));
        auto const inside = co_await notes_in_scope(routes.tenant(id));
        auto const expected = id == "acme"       ? std::vector<std::string>{"a"}
                              : id == "beta"     ? std::vector<std::string>{"b"}
                              : id == "stranger" ? std::vector<std::string>{}
                                                 : std::vector<std::string>{"hostile"};
        BOOST_TEST(outside == expected, boost::test_tools::per_element());
        BOOST_TEST(inside == expected, boost::test_tools::per_element());
    }
}

// X8: after a tenant the setting is an empty text, which matched rows without an owner.
COPG_COROUTINE_TEST(whoever_has_no_tenant_sees_no_rows_that_belong_to_nobody) {
    scratch_database const database;
    make_guarded_table(database);
    copg::pool_options single;
    single.maximum = 1;
    auto routes = co_await make_manager(single);
    routes.set_tenant("acme", {.dsn = database.dsn(), .role = "shop_user"});
    routes.set_named("plain", {.dsn = database.dsn(), .role = "shop_user"});
    auto const own = co_await notes(routes.tenant("acme"));
    BOOST_TEST(own.size() == 1u);
    auto const others = co_await notes(routes.named("plain"));
    BOOST_TEST(others.empty());
}

// X3, X4, X5: schema and tenant were fields of the shared pool.
BOOST_AUTO_TEST_CASE(two_names_of_one_pool_never_see_each_others_schema_on_several_threads) {
    scratch_database const database;
    make_two_tenants(database);
    asio::thread_pool threads{3};
    copg::pool_options few;
    few.maximum = 4;
    manager routes{threads.get_executor(), few};
    routes.set_named("a", {.dsn = database.dsn(), .schema = "a"});
    routes.set_named("b", {.dsn = database.dsn(), .schema = "b"});
    std::atomic<int> wrong = 0;
    std::vector<std::future<void>> running;
    for (int i = 0; i < 32; ++i)
        running.push_back(asio::co_spawn(
            threads, check_owner(routes, i % 2 == 0 ? "a" : "b", 20, wrong), asio::use_future));
    for (auto& each : running)
        each.get();
    BOOST_TEST(wrong == 0);
    BOOST_TEST(routes.statistics().pools.size() == 1u);
    routes.close();
    threads.join();
}

// X6: nothing was reset, and who had no schema got that of the one before.
COPG_COROUTINE_TEST(whoever_has_no_schema_gets_the_databases_own_path_after_a_tenant) {
    scratch_database const database;
    make_two_tenants(database);
    copg::pool_options single;
    single.maximum = 1;
    auto routes = co_await make_manager(single);
    routes.set_tenant("acme", {.dsn = database.dsn(), .schema = "a"});
    routes.set_named("plain", {.dsn = database.dsn()});
    {
        auto const held = co_await routes.acquire_tenant("acme");
        co_await held.execute("create temp table left_behind (x int)");
        co_await held.execute("set work_mem = '3MB'");
    }
    auto const lease = co_await routes.acquire_named("plain");
    auto const path = co_await lease.fetch_one<std::string>("show search_path");
    BOOST_TEST(path == "\"$user\", public");
    auto const table =
        co_await lease.fetch_one<bool>("select to_regclass('pg_temp.left_behind') is not null");
    BOOST_TEST(!table);
}

// X7: a script set the path of a pooled connection for good.
COPG_COROUTINE_TEST(a_script_that_sets_the_path_changes_nothing_for_later_leases) {
    scratch_database const database;
    make_two_tenants(database);
    copg::pool_options single;
    single.maximum = 1;
    auto routes = co_await make_manager(single);
    routes.set_named("a", {.dsn = database.dsn(), .schema = "a"});
    routes.set_named("plain", {.dsn = database.dsn()});
    co_await routes.named("plain").execute_script("set search_path = b; set role postgres");
    auto const owner =
        co_await routes.named("a").fetch_one<std::string>("select owner from item where id = 1");
    BOOST_TEST(owner == "a");
    auto const path = co_await routes.named("plain").fetch_one<std::string>("show search_path");
    BOOST_TEST(path == "\"$user\", public");
}

// X20: every name led to the same database.
COPG_COROUTINE_TEST(each_name_leads_to_its_own_database) {
    scratch_database const one;
    scratch_database const two;
    auto routes = co_await make_manager();
    routes.set_named("one", {.dsn = one.dsn()});
    routes.set_named("two", {.dsn = two.dsn()});
    auto const sql = "select current_database()::text";
    auto const first = co_await routes.named("one").fetch_one<std::string>(sql);
    auto const second = co_await routes.named("two").fetch_one<std::string>(sql);
    BOOST_TEST(first == one.name());
    BOOST_TEST(second == two.name());
}

// X26
COPG_COROUTINE_TEST(no_report_or_error_of_a_manager_holds_a_password) {
    auto const secret = std::string{"s3cret"};
    copg::pool_options quick;
    quick.connect_timeout = 1s;
    auto routes = co_await make_manager(quick);
    auto const dsn = "host=127.0.0.1 port=1 user=u password=" + secret;
    routes.set_named("n", {.dsn = dsn});
    std::vector<std::string> texts;
    auto const ping = co_await end_of(routes.named("n").ping());
    texts.push_back(ping.message);
    auto const all = co_await end_of(routes.connect_all());
    texts.push_back(all.message);
    copg::target const unreachable{.dsn = dsn};
    auto const tried = co_await end_of(routes.onboard_tenant("t", unreachable));
    texts.push_back(tried.message);
    for (auto const& pool : routes.statistics().pools)
        texts.push_back(pool.target);
    auto const report = co_await routes.shutdown(1s);
    for (auto const& pool : report.pools)
        texts.push_back(pool.target);
    for (auto const& text : texts) {
        BOOST_TEST(!text.empty());
        BOOST_TEST(text.find(secret) == std::string::npos, text);
    }
    BOOST_TEST(texts.size() == 5u);
}

COPG_COROUTINE_TEST(targets_with_hooks_of_their_own_share_no_pool) {
    scratch_database const one;
    scratch_database const two;
    auto const leading_to = [](std::string dsn) {
        copg::pool_options options;
        options.minimum = 1;
        options.hooks.before_connect =
            [dsn](copg::connect_options& wanted) -> asio::awaitable<void> {
            wanted.target(copg::dsn{dsn});
            co_return;
        };
        return options;
    };
    auto routes = co_await make_manager();
    routes.set_tenant("plain", {.dsn = one.dsn()});
    routes.set_tenant("a", {.dsn = one.dsn(), .pool = leading_to(one.dsn())});
    routes.set_tenant("b", {.dsn = one.dsn(), .pool = leading_to(two.dsn())});
    auto const sql = "select current_database()::text";
    auto const plain = co_await routes.tenant("plain").fetch_one<std::string>(sql);
    auto const a = co_await routes.tenant("a").fetch_one<std::string>(sql);
    auto const b = co_await routes.tenant("b").fetch_one<std::string>(sql);
    BOOST_TEST(plain == one.name());
    BOOST_TEST(a == one.name());
    BOOST_TEST(b == two.name());
    routes.close();
}

COPG_COROUTINE_TEST(no_setting_can_say_another_tenant_role_or_path) {
    auto routes = co_await make_manager();
    for (std::string const name : {"app.current_tenant",
                                   "APP.Current_Tenant",
                                   "role",
                                   "search_path",
                                   "session_authorization"}) {
        auto const set = [&] {
            routes.set_tenant("t", {.dsn = "host=h user=u", .settings = {{name, "x"}}});
            return 0;
        };
        BOOST_TEST((code_of(set) == copg::errc::invalid_session), name);
    }
    BOOST_TEST(!routes.has_tenant("t"));
}

BOOST_AUTO_TEST_SUITE_END()
