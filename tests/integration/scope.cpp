// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/scopes.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/scope/transaction.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

using namespace copg::test;
using copg::database;
using copg::errc;
using copg::scope_key;
using copg::session;
using copg::sqlstate;
using copg::transaction;

BOOST_AUTO_TEST_SUITE(test_scope)

COPG_COROUTINE_TEST(a_scope_commits_on_return_and_returns_what_its_body_returns) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<std::string> {
        co_await add(db, 11);
        co_await add_deeper(db, 12, 5);
        co_return "done";
    };
    auto const value = co_await transaction("main-db", body);
    BOOST_TEST(value == "done");
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 12);
}

COPG_COROUTINE_TEST(a_scope_rolls_back_on_any_exception_and_passes_it_on) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        throw oops{};
    };
    auto thrown = false;
    try {
        co_await transaction("main-db", body);
    } catch (oops const&) {
        thrown = true;
    }
    BOOST_TEST(thrown);
    auto const strange = [&]() -> asio::awaitable<void> {
        co_await add(db, 12);
        throw 7;
    };
    auto number = 0;
    try {
        co_await transaction("main-db", strange);
    } catch (int value) {
        number = value;
    }
    BOOST_TEST(number == 7);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(a_scope_without_a_statement_sends_nothing) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    co_await count(db);
    auto const before = f.proxy.round_trips();
    auto const body = []() -> asio::awaitable<int> { co_return 1; };
    auto const value = co_await transaction("main-db", body);
    BOOST_TEST(value == 1);
    BOOST_TEST(f.proxy.round_trips() == before);
}

COPG_COROUTINE_TEST(a_scope_of_one_statement_is_two_round_trips) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    co_await count(db);
    auto const before = f.proxy.round_trips();
    auto const body = [&]() -> asio::awaitable<void> { co_await add(db, 11); };
    co_await transaction("main-db", body);
    BOOST_TEST(f.proxy.round_trips() - before == 2u);
}

COPG_COROUTINE_TEST(the_scope_sees_its_tenants_schema_throughout) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            auto const schema = co_await db.fetch_one<std::string>("select current_schema()::text");
            BOOST_TEST(schema == "a");
        }
    };
    co_await transaction("main-db", body);
}

COPG_COROUTINE_TEST(a_nested_scope_joins_on_the_same_connection) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const inner = [&]() -> asio::awaitable<void> { co_await add(db, 12); };
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        co_await transaction("main-db", inner);
        co_await transaction(db, inner);
    };
    auto const failed = co_await end_of(transaction("main-db", outer));
    BOOST_TEST((failed.code == sqlstate::unique_violation));
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(without_transaction_is_independent_of_the_scope) {
    scope_fixture f;
    auto const executor = co_await asio::this_coro::executor;
    copg::pool const shared{executor, copg::connect_options{f.scratch.dsn()}};
    database const db{shared, session{"a"}, scope_key{scope_key::kind::named, "main-db"}};
    auto const audit = [&]() -> asio::awaitable<void> { co_await add(db, 99); };
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        co_await copg::without_transaction(audit);
        throw oops{};
    };
    auto const end = co_await end_of(transaction("main-db", body));
    BOOST_TEST(static_cast<bool>(end.code));
    auto audited = db;
    auto const ids = co_await audited.fetch<int>("select id from item where id > 10");
    BOOST_TEST(ids == std::vector{99}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(scopes_of_two_names_are_independent) {
    scope_fixture f;
    auto const executor = co_await asio::this_coro::executor;
    copg::pool const shared{executor, copg::connect_options{f.scratch.dsn()}};
    database const one{shared, session{"a"}, scope_key{scope_key::kind::named, "one"}};
    database const two{shared, session{"b"}, scope_key{scope_key::kind::named, "two"}};
    auto const inner = [&]() -> asio::awaitable<void> {
        co_await add(one, 11);
        co_await add(two, 11);
    };
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await transaction("two", inner);
        throw oops{};
    };
    auto const end = co_await end_of(transaction("one", outer));
    BOOST_TEST(static_cast<bool>(end.code));
    auto const in_one = co_await count(one);
    auto const in_two = co_await count(two);
    BOOST_TEST(in_one == 10);
    BOOST_TEST(in_two == 11);
}

COPG_COROUTINE_TEST(parallel_children_take_turns_in_one_transaction) {
    using namespace asio::experimental::awaitable_operators;
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await (add(db, 11) && add(db, 12) && add_deeper(db, 13, 2));
    };
    co_await transaction("main-db", body);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 13);
}

COPG_COROUTINE_TEST(raw_transaction_control_is_refused_where_it_would_break_the_scope) {
    scope_fixture f;
    auto db = co_await f.main_db();
    auto const outside = co_await end_of(db.execute("begin"));
    BOOST_TEST((outside.code == errc::unsupported_statement));
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const inside = co_await end_of(db.execute("commit"));
        BOOST_TEST((inside.code == errc::unsupported_statement));
        co_await db.execute("savepoint s");
        co_await db.execute("rollback to savepoint s");
    };
    co_await transaction("main-db", body);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 11);
}

COPG_COROUTINE_TEST(options_reach_begin_and_a_nested_call_cannot_change_them) {
    scope_fixture f;
    auto db = co_await f.main_db();
    auto const serializable =
        copg::transaction_options{}.isolation(copg::isolation::serializable).read_only();
    auto const inner = [&]() -> asio::awaitable<void> { co_await add(db, 12); };
    auto const body = [&]() -> asio::awaitable<void> {
        auto const level =
            co_await db.fetch_one<std::string>("select current_setting('transaction_isolation')");
        BOOST_TEST(level == "serializable");
        auto const other = copg::transaction_options{}.isolation(copg::isolation::read_committed);
        auto const refused = co_await end_of(transaction("main-db", inner, other));
        BOOST_TEST((refused.code == errc::scope_conflict));
        co_await add(db, 11);
    };
    auto const end = co_await end_of(transaction("main-db", body, serializable));
    BOOST_TEST((end.code == sqlstate::read_only_sql_transaction));
}

COPG_COROUTINE_TEST(an_acquire_inside_a_scope_lends_its_connection) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    copg::lease kept;
    auto const body = [&]() -> asio::awaitable<void> {
        auto lent = co_await db.acquire(); // before anything was sent
        co_await lent.execute("insert into item values (11, '')");
        auto const pid = co_await db.fetch_one<int>("select pg_backend_pid()");
        BOOST_TEST(lent.backend_pid() == pid);
        lent.release();
        co_await add(db, 12);
        kept = co_await db.acquire();
        auto const refused = co_await end_of(kept.execute("commit"));
        BOOST_TEST((refused.code == errc::unsupported_statement));
        auto inner = co_await kept.begin();
        co_await inner.execute("insert into item values (13, '')");
        co_await inner.rollback();
    };
    co_await transaction("main-db", body);
    auto const late = co_await end_of(kept.execute("select 1"));
    BOOST_TEST((late.code == errc::scope_ended), late.message);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 12);
}

COPG_COROUTINE_TEST(streams_batches_scripts_and_copies_join_their_scope) {
    scope_fixture f;
    auto db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        auto in = co_await db.copy_in<std::tuple<int, std::string>>("item", "id, owner");
        co_await in.write(std::tuple{101, std::string{"copied"}});
        co_await in.finish();
        copg::batch wanted;
        wanted.add("insert into item values (102, 'batch')")
            .add("insert into item values (103, '')");
        auto const outcomes = co_await db.pipeline(wanted);
        BOOST_TEST(!outcomes[1].failed());
        co_await db.execute_script("insert into item values (104, ''); insert into item values "
                                   "(105, '')");
        auto seen = 0;
        co_await db.for_each<int>([&seen](int) { ++seen; },
                                  "select id from item where id > 100 order by id");
        BOOST_TEST(seen == 5);
        auto out = co_await db.copy_out<int>("select id from item where id > 100 order by id");
        auto const first = co_await out.next();
        BOOST_TEST((first == 101));
        throw oops{};
    };
    try {
        co_await copg::transaction(db, body);
        BOOST_ERROR("the body threw");
    } catch (oops const&) {
    }
    auto const left = co_await count(db);
    BOOST_TEST(left == 10);
}

COPG_COROUTINE_TEST(a_statement_beside_an_open_stream_of_its_scope_is_connection_busy) {
    scope_fixture f;
    auto db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        auto rows = co_await db.stream<int>("select generate_series(1, 100000)");
        co_await rows.next();
        auto const end = co_await end_of(db.execute("select 1"));
        BOOST_TEST((end.code == errc::connection_busy));
    };
    co_await copg::transaction(db, body);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(a_statement_cancelled_in_a_scope_rolls_back_and_gives_the_connection_back) {
    scope_fixture f;
    auto db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 200);
        co_await db.execute(copg::sql{"select pg_sleep(100)"}.timeout(20ms));
    };
    auto const end = co_await end_of(copg::transaction(db, body));
    BOOST_TEST((end.code == errc::query_timeout));
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
    BOOST_TEST(db.pool().statistics().open == 1u);
}

COPG_COROUTINE_TEST(outside_a_scope_a_stream_of_a_database_keeps_a_connection_of_its_own) {
    scope_fixture f;
    auto db = co_await f.main_db();
    {
        auto rows = co_await db.stream<int>("select generate_series(1, 100000)");
        co_await rows.next();
        BOOST_TEST(db.pool().statistics().in_use == 1u);
    }
    co_await db.pool().ping();
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

BOOST_AUTO_TEST_SUITE_END()
