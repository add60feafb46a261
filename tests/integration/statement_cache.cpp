// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/pools.hpp"

#include <copg/driver/connection.hpp>

#include <fmt/format.h>

using namespace copg::test;
using copg::connection;
using copg::errc;

namespace {

asio::awaitable<int> named(connection& c, std::string like) {
    auto const count = co_await c.fetch_one<std::int64_t>(
        "select count(*) from pg_prepared_statements where statement like $1", like);
    co_return static_cast<int>(count);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_statement_cache)

COPG_COROUTINE_TEST(a_statement_is_named_at_its_second_use) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    co_await c.fetch_one<int>("select 7 + $1", 1);
    auto count = co_await named(c, "select 7 + %");
    BOOST_TEST(count == 0);
    for (int i = 0; i < 3; ++i)
        co_await c.fetch_one<int>("select 7 + $1", i);
    count = co_await named(c, "select 7 + %");
    BOOST_TEST(count == 1);
}

COPG_COROUTINE_TEST(other_parameter_types_and_other_schemas_are_other_statements) {
    scratch_database const database;
    make_two_tenants(database);
    auto shared = co_await make_pool(database.dsn(), at_most(1));
    for (auto const* schema : {"a", "b", "a", "b", "a", "b"}) {
        auto lent = co_await shared.acquire(schema);
        auto const owner =
            co_await lent.fetch_one<std::string>("select owner from item where id = $1", 1);
        BOOST_TEST(owner == schema);
    }
    auto lent = co_await shared.acquire();
    auto const count = co_await lent.fetch_one<std::int64_t>(
        "select count(*) from pg_prepared_statements where statement like 'select owner%'");
    BOOST_TEST(count == 2);
}

COPG_COROUTINE_TEST(the_least_recently_used_are_dropped_at_no_further_round_trip) {
    fault_proxy proxy{cluster().port()};
    copg::connect_options options{proxy.dsn("postgres")};
    options.statement_cache(40'000); // nine of them
    auto c = co_await connection::connect(options);
    auto const before = proxy.round_trips();
    constexpr int statements = 50;
    for (int i = 0; i < statements; ++i)
        for (int use = 0; use < 2; ++use)
            co_await c.fetch_one<int>(fmt::format("select {} + $1", i), 1);
    BOOST_TEST(proxy.round_trips() - before == 2u * statements);
    auto const count = co_await named(c, "select % + %");
    BOOST_TEST(count <= 10);
    BOOST_TEST(count > 0);
}

COPG_COROUTINE_TEST(a_plan_that_a_migration_has_outdated_is_made_again_unseen) {
    scratch_database const database;
    database.execute({"create table t (i int)", "insert into t values (1)"});
    auto c = co_await connection::connect(database.dsn().c_str());
    for (int i = 0; i < 3; ++i)
        co_await c.query("select * from t");
    database.execute({"alter table t add column j text default 'new'"});
    auto const rows = co_await c.query("select * from t");
    BOOST_TEST(rows.columns() == 2u);
}

COPG_COROUTINE_TEST(inside_a_transaction_an_outdated_plan_is_an_error_once) {
    scratch_database const database;
    database.execute({"create table t (i int)"});
    auto c = co_await connection::connect(database.dsn().c_str());
    for (int i = 0; i < 3; ++i)
        co_await c.query("select * from t");
    database.execute({"alter table t add column j text"});
    co_await c.execute("begin");
    auto const end = co_await end_of(c.query("select * from t"));
    BOOST_TEST((end.code == copg::sqlstate::feature_not_supported));
    co_await c.execute("rollback");
    auto const rows = co_await c.query("select * from t");
    BOOST_TEST(rows.columns() == 2u);
}

COPG_COROUTINE_TEST(statements_that_raw_sql_has_dropped_are_prepared_again) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    for (auto const* drop : {"deallocate all",
                             "discard all",
                             "do $$ begin execute 'deallocate "
                             "all'; end $$"}) {
        for (int i = 0; i < 3; ++i) {
            auto const sum = co_await c.fetch_one<int>("select 1 + $1", i);
            BOOST_TEST(sum == i + 1);
        }
        co_await c.execute(drop);
        auto const sum = co_await c.fetch_one<int>("select 1 + $1", 8);
        BOOST_TEST(sum == 9);
    }
}

COPG_COROUTINE_TEST(without_named_statements_nothing_is_prepared) {
    copg::connect_options options{cluster().dsn()};
    options.named_statements(false);
    auto c = co_await connection::connect(options, "public");
    for (int i = 0; i < 3; ++i)
        co_await c.fetch_one<int>("select 1 + $1", i);
    auto const count = co_await named(c, "%");
    BOOST_TEST(count == 0);
}

COPG_COROUTINE_TEST(a_statement_that_fails_at_its_second_use_can_be_used_again) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    for (int i = 0; i < 4; ++i) {
        auto const end = co_await end_of(c.fetch_one<int>("select 1 / $1", 0));
        BOOST_TEST((end.code == copg::sqlstate::division_by_zero));
        auto const broken = co_await end_of(c.execute("select no_such_thing"));
        BOOST_TEST((broken.code == copg::sqlstate::undefined_column));
    }
}

BOOST_AUTO_TEST_SUITE_END()
