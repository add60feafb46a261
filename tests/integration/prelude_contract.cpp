// SPDX-License-Identifier: BSL-1.0
// The rules of docs/tenant-binding.md, each on every PostgreSQL version that is installed.
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"

#include <copg/base/identifier.hpp>
#include <copg/base/sql_error.hpp>
#include <copg/driver/connection.hpp>

#include <map>

using namespace copg::test;
using copg::connection;
using copg::session;
using copg::sqlstate;

namespace {

/// One running server for each installed version.
std::map<int, copg::testing::temporary_cluster>& servers() {
    static auto instance = [] {
        std::map<int, copg::testing::temporary_cluster> started;
        for (auto const& found : copg::testing::find_servers())
            started.try_emplace(found.version, copg::testing::cluster_options{}.server(found));
        return started;
    }();
    return instance;
}

using contract = asio::awaitable<void> (*)(scratch_database const&);

void check_everywhere(contract body) {
    BOOST_TEST_REQUIRE(!servers().empty());
    for (auto& [version, server] : servers()) {
        BOOST_TEST_CONTEXT("PostgreSQL " << version) {
            scratch_database const database{server};
            make_two_tenants(database);
            run(body(database));
        }
    }
}

asio::awaitable<connection> as(scratch_database const& database, session bound_to) {
    copg::connect_options options{database.dsn()};
    auto made = co_await connection::connect(std::move(options), std::move(bound_to));
    co_return made;
}

asio::awaitable<std::string> owner(connection& c) {
    auto text = co_await c.fetch_one<std::string>("select owner from item where id = 1");
    co_return text;
}

asio::awaitable<std::string> setting(connection& c, char const* name) {
    auto text =
        co_await c.fetch_one<std::optional<std::string>>("select current_setting($1, true)", name);
    co_return text.value_or("");
}

} // namespace

#define COPG_CONTRACT_TEST(name)                                                                   \
    static asio::awaitable<void> name##_body(scratch_database const& database);                    \
    BOOST_AUTO_TEST_CASE(name) {                                                                   \
        check_everywhere(&name##_body);                                                            \
    }                                                                                              \
    static asio::awaitable<void> name##_body(scratch_database const& database)

BOOST_AUTO_TEST_SUITE(prelude_contract)

COPG_CONTRACT_TEST(a_statement_sees_its_schema_tenant_role_and_settings_and_nothing_stays) {
    database.execute({"create role worker",
                      "grant usage on schema a to worker",
                      "grant select on a.item to worker"});
    auto c = co_await as(
        database,
        session{"a"}.with_tenant("acme").with_role("worker").with_setting("work_mem", "3MB"));
    using row = std::tuple<std::string, std::string, std::string, std::string>;
    auto const seen = co_await c.fetch_one<row>(
        "select owner, current_user::text, current_setting('app.current_tenant'), "
        "current_setting('work_mem') from item where id = 1");
    BOOST_TEST((seen == row{"a", "worker", "acme", "3MB"}));

    auto plain = co_await as(database, session{});
    auto const pid = c.backend_pid();
    BOOST_TEST(pid != plain.backend_pid());
    auto const path = co_await setting(c, "search_path");
    BOOST_TEST(path == "\"a\", pg_temp");
    auto const tidy = co_await plain.execute("drop owned by worker");
    co_await plain.execute("drop role worker");
    static_cast<void>(tidy);
}

COPG_CONTRACT_TEST(rule_1_every_key_is_set_so_that_nothing_left_by_a_raw_set_shows) {
    auto c = co_await as(database, session{"a"});
    co_await c.execute("select set_config('search_path', 'b', false), "
                       "set_config('app.current_tenant', 'intruder', false)");
    auto const seen = co_await owner(c);
    BOOST_TEST(seen == "a");
    auto const tenant = co_await setting(c, "app.current_tenant");
    BOOST_TEST(tenant == "");
}

COPG_CONTRACT_TEST(rule_1_a_role_left_by_a_raw_set_does_not_show) {
    auto c = co_await as(database, session{"a"});
    co_await c.execute("select set_config('role', 'pg_monitor', false)");
    auto const user = co_await c.fetch_one<std::string>("select current_user::text");
    BOOST_TEST(user == "postgres");
}

COPG_CONTRACT_TEST(rule_1_a_temporary_table_does_not_shadow_a_table_of_the_schema) {
    auto c = co_await as(database, session{"a"});
    co_await c.execute("create temp table item (id int, owner text)");
    co_await c.execute("insert into pg_temp.item values (1, 'shadow')");
    auto const seen = co_await owner(c);
    BOOST_TEST(seen == "a");
}

COPG_CONTRACT_TEST(rule_2_a_raw_begin_with_options_works_and_the_transaction_sees_the_session) {
    auto c = co_await as(database, session{"a"}.with_tenant("acme"));
    co_await c.execute("begin isolation level serializable read only");
    auto const seen = co_await owner(c);
    BOOST_TEST(seen == "a");
    auto const level = co_await setting(c, "transaction_isolation");
    BOOST_TEST(level == "serializable");
    co_await c.execute("commit");
}

COPG_CONTRACT_TEST(rule_2_the_session_survives_rollback_to_savepoint) {
    auto c = co_await as(database, session{"a"});
    co_await c.execute("begin");
    co_await c.execute("savepoint s");
    auto const failed = co_await end_of(c.execute("select nonsense"));
    BOOST_TEST((failed.code == sqlstate::undefined_column));
    co_await c.execute("rollback to savepoint s");
    auto const seen = co_await owner(c);
    BOOST_TEST(seen == "a");
    co_await c.execute("rollback");
}

COPG_CONTRACT_TEST(rule_2_a_failed_transaction_can_be_rolled_back) {
    auto c = co_await as(database, session{"a"});
    co_await c.execute("begin");
    auto const failed = co_await end_of(c.execute("select nonsense"));
    BOOST_TEST((failed.code == sqlstate::undefined_column));
    auto const skipped = co_await end_of(owner(c));
    BOOST_TEST((skipped.code == sqlstate::in_failed_sql_transaction));
    auto const end = co_await c.execute("rollback");
    BOOST_TEST(end.tag == "ROLLBACK");
    auto const seen = co_await owner(c);
    BOOST_TEST(seen == "a");
}

COPG_CONTRACT_TEST(rule_3_the_session_holds_after_commit_and_chain) {
    auto c = co_await as(database, session{"a"});
    co_await c.execute("begin");
    co_await owner(c);
    co_await c.execute("commit and chain");
    auto const seen = co_await owner(c);
    BOOST_TEST(seen == "a");
    co_await c.execute("rollback");
    auto const after = co_await owner(c);
    BOOST_TEST(after == "a");
}

COPG_CONTRACT_TEST(rule_4_a_procedure_that_commits_inside_fails_and_writes_nowhere) {
    database.execute(
        {"create table public.log (what text)",
         "create table a.log (what text)",
         "create procedure public.two_steps() language plpgsql as $$ begin "
         "insert into log values ('first'); commit; insert into log values ('second'); end $$"});
    auto c = co_await as(database, session{"a"});
    auto const failed = co_await end_of(c.execute("call public.two_steps()"));
    BOOST_TEST((failed.code == sqlstate::invalid_transaction_termination));
    BOOST_TEST(failed.message.find("session-less lease") != std::string::npos);
    auto const block = co_await end_of(c.execute("do $$ begin commit; end $$"));
    BOOST_TEST((block.code == sqlstate::invalid_transaction_termination));
    auto const rows = co_await c.fetch_one<std::int64_t>(
        "select (select count(*) from public.log) + (select count(*) from a.log)");
    BOOST_TEST(rows == 0);
}

COPG_CONTRACT_TEST(rule_4_a_procedure_that_does_not_commit_runs_in_the_schema) {
    database.execute({"create table a.log (what text)",
                      "create procedure public.one_step() language sql as $$ "
                      "select 1 $$",
                      "create procedure public.writes() language plpgsql as $$ begin "
                      "insert into log values ('x'); end $$"});
    auto c = co_await as(database, session{"a"});
    co_await c.execute("call public.writes()");
    auto const rows = co_await c.fetch_one<std::int64_t>("select count(*) from a.log");
    BOOST_TEST(rows == 1);
}

COPG_CONTRACT_TEST(rule_5_statements_that_no_transaction_allows_run_under_the_session) {
    auto c = co_await as(database, session{"a"});
    auto const vacuum = co_await c.execute("vacuum item");
    BOOST_TEST(vacuum.tag == "VACUUM");
    co_await c.execute("create index concurrently item_owner on item (owner)");
    auto plain = co_await as(database, session{});
    auto const schema = co_await plain.fetch_one<std::string>(
        "select schemaname::text from pg_indexes where indexname = 'item_owner'");
    BOOST_TEST(schema == "a");
    auto const failed = co_await end_of(c.execute("vacuum no_such_table"));
    BOOST_TEST((failed.code == sqlstate::undefined_table));
    auto const seen = co_await owner(c);
    BOOST_TEST(seen == "a");
}

COPG_CONTRACT_TEST(rule_5_nothing_of_the_session_stays_after_such_a_statement) {
    auto c = co_await as(database, session{"a"}.with_tenant("acme"));
    co_await c.execute("vacuum item");
    // A transaction without a prelude of its own shows what the connection was left with.
    co_await c.execute("begin");
    auto const path = co_await c.fetch_one<std::string>(
        "select reset_val from pg_settings where name = 'search_path'");
    BOOST_TEST(path == "\"$user\", public");
    co_await c.execute("rollback");
}

COPG_CONTRACT_TEST(rule_5_a_statement_that_needs_a_transaction_explains_how_to_get_one) {
    auto c = co_await as(database, session{"a"});
    for (auto const* sql : {"lock table item", "savepoint s", "declare c cursor for select 1"}) {
        auto const failed = co_await end_of(c.execute(sql));
        BOOST_TEST((failed.code == sqlstate::no_active_sql_transaction), sql);
        BOOST_TEST(failed.message.find("copg::transaction()") != std::string::npos, sql);
    }
}

COPG_CONTRACT_TEST(rule_6_a_missing_schema_is_an_error_and_the_statement_does_not_run) {
    database.execute({"create table public.log (what text)"});
    auto c = co_await as(database, session{"no_such_schema"});
    auto const failed = co_await end_of(c.execute("insert into public.log values ('x')"));
    BOOST_TEST((failed.code == sqlstate::invalid_schema_name));
    BOOST_TEST(failed.message.find("no_such_schema") != std::string::npos);
    auto plain = co_await as(database, session{});
    auto const rows = co_await plain.fetch_one<std::int64_t>("select count(*) from public.log");
    BOOST_TEST(rows == 0);
    co_await plain.execute("create schema no_such_schema");
    co_await c.execute("insert into public.log values ('x')");
}

COPG_CONTRACT_TEST(when_the_first_statement_fails_the_next_one_still_sees_its_schema) {
    auto c = co_await as(database, session{"a"});
    auto const failed = co_await end_of(c.execute("select 1 / 0"));
    BOOST_TEST((failed.code == sqlstate::division_by_zero));
    auto const seen = co_await owner(c);
    BOOST_TEST(seen == "a");
}

COPG_CONTRACT_TEST(schemas_and_tenants_of_any_text_are_bound_as_they_are) {
    for (std::string const text :
         {"Mixed Case", "qu\"ote", "a; drop schema b; --", "ünï", "pg'x"}) {
        auto plain = co_await as(database, session{});
        co_await plain.execute("create schema " + copg::quote_identifier(text));
        auto c = co_await as(database, session{text}.with_tenant(text));
        auto const schema = co_await c.fetch_one<std::string>("select current_schema()::text");
        BOOST_TEST(schema == text);
        auto const tenant = co_await setting(c, "app.current_tenant");
        BOOST_TEST(tenant == text);
    }
}

COPG_CONTRACT_TEST(a_search_path_of_several_schemas_is_searched_in_order) {
    database.execute({"create table b.only_b (i int)", "insert into b.only_b values (5)"});
    std::vector<std::string> const schemas{"a", "b"};
    auto c = co_await as(database, session{}.with_schemas(schemas));
    auto const seen = co_await owner(c);
    BOOST_TEST(seen == "a");
    auto const other = co_await c.fetch_one<int>("select i from only_b");
    BOOST_TEST(other == 5);
}

COPG_CONTRACT_TEST(a_prelude_that_raw_sql_has_dropped_is_prepared_again) {
    auto c = co_await as(database, session{"a"});
    co_await owner(c);
    co_await c.execute("deallocate all");
    auto const seen = co_await owner(c);
    BOOST_TEST(seen == "a");
    co_await c.execute("do $$ begin execute 'deallocate all'; end $$");
    auto const again = co_await owner(c);
    BOOST_TEST(again == "a");
}

COPG_CONTRACT_TEST(it_works_without_named_statements_too) {
    copg::connect_options options{database.dsn()};
    options.named_statements(false);
    auto c = co_await connection::connect(options, session{"a"});
    for (int i = 0; i < 3; ++i) {
        auto const seen = co_await owner(c);
        BOOST_TEST(seen == "a");
    }
    auto const prepared =
        co_await c.fetch_one<std::int64_t>("select count(*) from pg_prepared_statements");
    BOOST_TEST(prepared == 0);
}

BOOST_AUTO_TEST_SUITE_END()
