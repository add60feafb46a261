// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/pools.hpp"

#include <copg/driver/connection.hpp>

using namespace copg::test;
using copg::batch;
using copg::connection;
using copg::errc;
using copg::sqlstate;

BOOST_AUTO_TEST_SUITE(test_batch)

COPG_COROUTINE_TEST(statements_of_a_batch_have_each_their_own_outcome) {
    scratch_database const database;
    database.execute({"create table t (i int primary key)"});
    auto c = co_await connection::connect(database.dsn().c_str());
    batch wanted;
    wanted.add("insert into t values ($1)", 1)
        .add("insert into t values ($1)", 1)
        .add("select i + $1 from t", 10)
        .add("select 1 / 0");
    auto const outcomes = co_await c.pipeline(wanted);
    BOOST_TEST_REQUIRE(outcomes.size() == 4u);
    BOOST_TEST(outcomes[0].rows().rows_affected() == 1u);
    BOOST_TEST((describe(outcomes[1].failure()).code == sqlstate::unique_violation));
    BOOST_TEST((outcomes[2].fetch<int>() == std::vector{11}));
    BOOST_TEST((describe(outcomes[3].failure()).code == sqlstate::division_by_zero));
    BOOST_TEST(database.text("select count(*)::text from t") == "1");
}

COPG_COROUTINE_TEST(an_atomic_batch_is_kept_as_a_whole_or_not_at_all) {
    scratch_database const database;
    database.execute({"create table t (i int primary key)"});
    auto c = co_await connection::connect(database.dsn().c_str());
    batch bad{batch::mode::atomic};
    bad.add("insert into t values (1)").add("insert into t values (1)").add("select 3");
    auto const failed = co_await c.pipeline(bad);
    BOOST_TEST((describe(failed[0].failure()).code == errc::batch_aborted));
    BOOST_TEST((describe(failed[1].failure()).code == sqlstate::unique_violation));
    BOOST_TEST((describe(failed[2].failure()).code == errc::batch_aborted));
    BOOST_TEST(database.text("select count(*)::text from t") == "0");
    batch good{batch::mode::atomic};
    good.add("insert into t values (1)").add("select i from t").add("select i + 1 from t");
    auto const kept = co_await c.pipeline(good);
    BOOST_TEST((kept[1].fetch<int>() == std::vector{1}));
    BOOST_TEST((kept[2].fetch<int>() == std::vector{2}));
    BOOST_TEST(database.text("select count(*)::text from t") == "1");
}

COPG_COROUTINE_TEST(a_deferred_constraint_fails_an_atomic_batch_as_a_whole) {
    scratch_database const database;
    database.execute({"create table t (i int unique deferrable initially deferred)"});
    auto c = co_await connection::connect(database.dsn().c_str());
    batch wanted{batch::mode::atomic};
    wanted.add("insert into t values (1)").add("insert into t values (1)");
    auto const outcomes = co_await c.pipeline(wanted);
    for (auto const& outcome : outcomes)
        BOOST_TEST((describe(outcome.failure()).code == sqlstate::unique_violation));
}

COPG_COROUTINE_TEST(a_batch_is_one_round_trip_and_sees_its_tenant) {
    scratch_database const database;
    make_two_tenants(database);
    fault_proxy proxy{cluster().port()};
    auto shared = co_await make_pool(proxy.dsn(database.name()), at_most(1));
    auto lent = co_await shared.acquire("b");
    co_await lent.ping();
    auto const before = proxy.round_trips();
    batch wanted;
    for (int i = 1; i <= 10; ++i)
        wanted.add("select owner from item where id = $1", i);
    auto const outcomes = co_await lent.pipeline(wanted);
    BOOST_TEST(proxy.round_trips() - before == 1u);
    for (auto const& outcome : outcomes)
        BOOST_TEST((outcome.fetch<std::string>() == std::vector<std::string>{"b"}));
}

COPG_COROUTINE_TEST(a_batch_inside_a_transaction_belongs_to_it) {
    scratch_database const database;
    database.execute({"create table t (i int)"});
    auto c = co_await connection::connect(database.dsn().c_str());
    co_await c.execute("begin");
    batch wanted;
    wanted.add("insert into t values (1)").add("insert into t values (2)");
    co_await c.pipeline(wanted);
    co_await c.execute("rollback");
    BOOST_TEST(database.text("select count(*)::text from t") == "0");
}

COPG_COROUTINE_TEST(transaction_control_is_refused_before_anything_is_sent) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const before = c.round_trips();
    for (auto const* sql : {"begin", "commit", "savepoint s", "copy t from stdin", " "}) {
        batch wanted;
        wanted.add("select 1").add(sql);
        auto const end = co_await end_of(c.pipeline(wanted));
        BOOST_TEST((end.code == errc::unsupported_statement || end.code == errc::empty_query));
    }
    BOOST_TEST(c.round_trips() == before);
    auto const nothing = co_await c.pipeline(batch{});
    BOOST_TEST(nothing.empty());
}

COPG_COROUTINE_TEST(a_thousand_statements_and_their_rows_go_through) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    batch wanted;
    constexpr int statements = 1'000;
    for (int i = 0; i < statements; ++i)
        wanted.add("select $1::int, repeat('x', 2000)", i);
    auto const outcomes = co_await c.pipeline(wanted);
    for (int i = 0; i < statements; ++i) {
        auto const rows =
            outcomes[static_cast<std::size_t>(i)].fetch<std::tuple<int, std::string>>();
        BOOST_REQUIRE(std::get<0>(rows.at(0)) == i);
    }
}

COPG_COROUTINE_TEST(outdated_plans_in_a_batch_are_healed) {
    scratch_database const database;
    database.execute({"create table t (i int)", "insert into t values (1)"});
    auto c = co_await connection::connect(database.dsn().c_str());
    for (auto const how : {batch::mode::independent, batch::mode::atomic}) {
        batch wanted{how};
        wanted.add("select * from t").add("select * from t where i = $1", 1);
        for (int i = 0; i < 3; ++i)
            co_await c.pipeline(wanted);
        database.execute({how == batch::mode::atomic ? "alter table t add column k int"
                                                     : "alter table t add column j int"});
        auto const outcomes = co_await c.pipeline(wanted);
        auto const expected = how == batch::mode::atomic ? 3u : 2u;
        BOOST_TEST(outcomes[0].rows().columns() == expected);
        BOOST_TEST(outcomes[1].rows().columns() == expected);
    }
}

COPG_COROUTINE_TEST(a_script_runs_all_its_statements_under_its_session) {
    scratch_database const database;
    make_two_tenants(database);
    auto shared = co_await make_pool(database.dsn(), at_most(1));
    {
        auto lent = co_await shared.acquire("b");
        auto const done = co_await lent.execute_script(
            "create table s (i int); insert into s values (1), (2); select * from s;");
        BOOST_TEST_REQUIRE(done.size() == 3u);
        BOOST_TEST(done[1].rows_affected == 2u);
        auto const failed = co_await end_of(
            lent.execute_script("insert into s values (3); select 1 / 0; select 1"));
        BOOST_TEST((failed.code == sqlstate::division_by_zero));
    }
    BOOST_TEST(database.text("select count(*)::text from b.s") == "2");
    auto next = co_await shared.acquire();
    auto const path = co_await next.fetch_one<std::string>("select current_setting('search_path')");
    BOOST_TEST(path == "\"$user\", public");
}

COPG_COROUTINE_TEST(a_script_with_copy_is_refused_and_leaves_the_connection_usable) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    co_await c.execute("create temp table t (i int)");
    auto const in = co_await end_of(c.execute_script("select 1; copy t from stdin; select 2"));
    BOOST_TEST(static_cast<bool>(in.code));
    auto const out = co_await end_of(
        c.execute_script("copy (select generate_series(1, 100000)) to stdout; select 2"));
    BOOST_TEST((out.code == errc::unsupported_statement));
    auto const empty = co_await end_of(c.execute_script(" "));
    BOOST_TEST((empty.code == errc::empty_query));
    co_await c.ping();
}

COPG_COROUTINE_TEST(a_script_that_begins_a_transaction_leaves_it_to_its_lease) {
    scratch_database const database;
    make_two_tenants(database);
    auto shared = co_await make_pool(database.dsn(), at_most(1));
    {
        auto lent = co_await shared.acquire("b");
        co_await lent.execute_script("begin; insert into item values (100, 'kept')");
        auto const done = co_await lent.execute("commit");
        BOOST_TEST(done.tag == "COMMIT");
    }
    BOOST_TEST(database.text("select count(*)::text from b.item") == "11");
    auto next = co_await shared.acquire();
    auto const path = co_await next.fetch_one<std::string>("select current_setting('search_path')");
    BOOST_TEST(path == "\"$user\", public");
}

COPG_COROUTINE_TEST(a_script_behind_commit_and_chain_sees_its_session) {
    scratch_database const database;
    make_two_tenants(database);
    auto c = co_await connection::connect(database.dsn().c_str(), "b");
    co_await c.execute("begin");
    co_await c.execute("commit and chain");
    co_await c.execute_script("insert into item values (100, 'chained')");
    co_await c.execute("commit");
    BOOST_TEST(database.text("select count(*)::text from b.item") == "11");
}

COPG_COROUTINE_TEST(a_statement_that_is_wrong_twice_in_a_batch_costs_no_other_its_name) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    for (int i = 0; i < 3; ++i)
        co_await c.fetch_one<int>("select 5 + $1", i);
    for (int i = 0; i < 3; ++i) {
        batch wanted;
        wanted.add("select no_such_column").add("select no_such_column");
        auto const outcomes = co_await c.pipeline(wanted);
        for (auto const& outcome : outcomes)
            BOOST_TEST((describe(outcome.failure()).code == sqlstate::undefined_column));
        co_await c.fetch_one<int>("select 5 + $1", i);
    }
    auto const named = co_await c.fetch_one<std::int64_t>(
        "select count(*) from pg_prepared_statements where statement = 'select 5 + $1'");
    BOOST_TEST(named == 1);
}

BOOST_AUTO_TEST_SUITE_END()
