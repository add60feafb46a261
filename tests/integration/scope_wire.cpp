// SPDX-License-Identifier: BSL-1.0
// What a scope sends, as the server's log and a proxy see it.
#include "support/scopes.hpp"
#include "support/server_record.hpp"

#include <copg/base/sql_error.hpp>

using namespace copg::test;
using copg::errc;
using copg::nesting;
using copg::scope_key;
using copg::session;
using copg::transaction;
using copg::transaction_options;
using copg::transaction_scope;

namespace {

constexpr char const* one = "select 1";

/// A pool of one connection behind a proxy, whose statements the server logs.
class wire_fixture : public scope_fixture {
public:
    asio::awaitable<copg::database> db() {
        auto const executor = co_await asio::this_coro::executor;
        copg::pool_options options;
        options.maximum = 1;
        copg::pool const shared{
            executor,
            copg::connect_options{proxy.dsn(scratch.name()) + server_record::logged},
            options};
        copg::database made{shared, session{"a"}, scope_key{scope_key::kind::named, "main-db"}};
        co_await made.execute("select 0"); // connects
        co_return made;
    }
};

asio::awaitable<void> run_one(copg::database db) {
    co_await db.execute(one);
}

auto const inside = transaction_options{}.nesting(nesting::savepoint);

} // namespace

BOOST_AUTO_TEST_SUITE(test_scope_wire)

COPG_COROUTINE_TEST(an_empty_scope_sends_nothing_whatever_is_nested_in_it) {
    wire_fixture f;
    auto const db = co_await f.db();
    server_record const record;
    auto const before = f.proxy.round_trips();
    auto const nothing = []() -> asio::awaitable<void> { co_return; };
    auto const body = [&]() -> asio::awaitable<void> {
        co_await transaction(db, nothing, inside);
        co_await transaction(db, nothing);
    };
    co_await transaction(db, body);
    BOOST_TEST(record.text() == "");
    BOOST_TEST(f.proxy.round_trips() == before);
}

COPG_COROUTINE_TEST(a_scope_of_several_statements_is_one_transaction_of_one_backend) {
    wire_fixture f;
    auto const db = co_await f.db();
    server_record const record;
    auto const before = f.proxy.round_trips();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await run_one(db);
        auto const joined = [&] { return run_one(db); };
        co_await transaction("main-db", joined);
        co_await run_one(db);
    };
    co_await transaction(db, body);
    BOOST_TEST(record.text() == "begin; select 1; select 1; select 1; commit");
    BOOST_TEST(f.proxy.round_trips() - before == 4u);
    BOOST_TEST(f.proxy.connections() == 1u);
}

COPG_COROUTINE_TEST(savepoints_go_with_statements_and_cost_no_round_trip_unless_they_are_undone) {
    wire_fixture f;
    auto const db = co_await f.db();
    server_record const record;
    auto const before = f.proxy.round_trips();
    auto const kept = [&] { return run_one(db); };
    auto const undone = [&]() -> asio::awaitable<void> {
        co_await run_one(db);
        throw oops{};
    };
    auto const body = [&]() -> asio::awaitable<void> {
        co_await transaction(db, kept, inside);
        co_await transaction(db, kept, inside);
        auto const end = co_await end_of(transaction(db, undone, inside));
        BOOST_TEST(static_cast<bool>(end.code));
    };
    co_await transaction(db, body);
    BOOST_TEST(record.text() == "begin; savepoint copg_scope_1; select 1; "
                                "release savepoint copg_scope_1; savepoint copg_scope_2; select 1; "
                                "release savepoint copg_scope_2; savepoint copg_scope_3; select 1; "
                                "rollback to savepoint copg_scope_3; "
                                "release savepoint copg_scope_3; commit");
    BOOST_TEST(f.proxy.round_trips() - before == 5u);
}

COPG_COROUTINE_TEST(a_read_only_scope_does_not_wait_for_its_commit) {
    wire_fixture f;
    auto const db = co_await f.db();
    for (auto const& options :
         {transaction_options{}.read_only(),
          transaction_options{}.read_only().isolation(copg::isolation::repeatable_read)}) {
        auto const before = f.proxy.round_trips();
        server_record const record;
        auto const body = [&]() -> asio::awaitable<void> {
            co_await run_one(db);
            BOOST_TEST(f.proxy.round_trips() - before == 1u);
            f.proxy.hold_answers(true); // nobody waits for what comes now
        };
        co_await transaction(db, body, options);
        f.proxy.hold_answers(false);
        co_await db.pool().ping();
        BOOST_TEST(db.pool().statistics().transactions_left_open == 0u);
        auto const all = record.statements();
        BOOST_TEST(std::count(all.begin(), all.end(), "commit") == 1);
    }
}

COPG_COROUTINE_TEST(a_read_only_scope_that_can_fail_to_commit_waits) {
    wire_fixture f;
    auto const db = co_await f.db();
    auto const serializable =
        transaction_options{}.read_only().isolation(copg::isolation::serializable);
    auto before = f.proxy.round_trips();
    auto const body = [&] { return run_one(db); };
    co_await transaction(db, body, serializable);
    BOOST_TEST(f.proxy.round_trips() - before == 2u);
    // The server's default is asked for where it was not said.
    auto const executor = co_await asio::this_coro::executor;
    auto const dsn = f.proxy.dsn(f.scratch.name()) +
                     "?options=-c%20default_transaction_isolation%3Dserializable";
    copg::database const strict{copg::pool{executor, copg::connect_options{dsn}}};
    co_await strict.execute(one);
    before = f.proxy.round_trips();
    auto const strict_body = [&] { return run_one(strict); };
    co_await transaction(strict, strict_body, transaction_options{}.read_only());
    BOOST_TEST(f.proxy.round_trips() - before == 2u);
}

COPG_COROUTINE_TEST(a_read_only_scope_whose_commit_is_waited_for_by_a_callback_waits) {
    wire_fixture f;
    auto const db = co_await f.db();
    auto const before = f.proxy.round_trips();
    auto called = 0;
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        scope.after_commit([&]() -> asio::awaitable<void> {
            BOOST_TEST(f.proxy.round_trips() - before == 2u);
            ++called;
            co_return;
        });
        co_await run_one(db);
    };
    co_await transaction(db, body, transaction_options{}.read_only());
    BOOST_TEST(called == 1);
}

COPG_COROUTINE_TEST(the_last_statement_and_commit_can_be_one_flush) {
    wire_fixture f;
    auto const db = co_await f.db();
    server_record const record;
    auto const before = f.proxy.round_trips();
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const did = co_await scope.execute_and_commit("insert into item values (12, '')");
        BOOST_TEST(did.rows_affected == 1u);
        auto const rows = f.scratch.text("select count(*)::text from a.item");
        BOOST_TEST(rows == "12");
        auto const late = co_await end_of(add(db, 13));
        BOOST_TEST((late.code == errc::scope_ended));
    };
    co_await transaction(db, body);
    BOOST_TEST(f.proxy.round_trips() - before == 2u);
    auto const only = [&](transaction_scope scope) -> asio::awaitable<void> {
        co_await scope.execute_and_commit("insert into item values (13, '')");
    };
    co_await transaction(db, only);
    BOOST_TEST(f.proxy.round_trips() - before == 3u);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 13);
}

COPG_COROUTINE_TEST(a_time_limit_stands_behind_the_savepoint_and_ends_with_it) {
    wire_fixture f;
    auto const db = co_await f.db();
    auto const body = [&]() -> asio::awaitable<void> {
        auto const limited = [&]() -> asio::awaitable<void> {
            co_await db.execute(copg::sql{"select pg_sleep(30)"}.timeout(20ms));
        };
        auto const end = co_await end_of(transaction(db, limited, inside));
        BOOST_TEST((end.code == errc::query_timeout), end.message);
        auto const limit = co_await db.fetch_one<std::string>("show statement_timeout");
        BOOST_TEST(limit == "0");
        auto const schema = co_await db.fetch_one<std::string>("select current_schema()::text");
        BOOST_TEST(schema == "a");
        co_await add(db, 11);
    };
    co_await transaction(db, body);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 11);
}

BOOST_AUTO_TEST_SUITE_END()
