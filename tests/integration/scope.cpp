// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"

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

namespace {

/// Two tenants on a pool of one connection, behind a proxy.
class fixture {
public:
    fixture() { make_two_tenants(scratch); }

    asio::awaitable<copg::pool> pool() {
        auto const executor = co_await asio::this_coro::executor;
        copg::pool_options options;
        options.maximum = 1;
        co_return copg::pool{executor, copg::connect_options{proxy.dsn(scratch.name())}, options};
    }

    asio::awaitable<database> main_db() {
        auto made = co_await pool();
        co_return database{made, session{"a"}, scope_key{scope_key::kind::named, "main-db"}};
    }

    scratch_database scratch;
    fault_proxy proxy{cluster().port()};
};

asio::awaitable<void> add(database db, int id) {
    co_await db.execute("insert into item values ($1, 'new')", id);
}

asio::awaitable<std::int64_t> count(database db) {
    auto const rows = co_await db.fetch_one<std::int64_t>("select count(*) from item");
    co_return rows;
}

asio::awaitable<void> add_deeper(database db, int id, int depth) {
    if (depth > 0) {
        co_await add_deeper(db, id, depth - 1);
        co_return;
    }
    co_await yield();
    co_await add(db, id);
}

class oops : public std::exception {};

} // namespace

BOOST_AUTO_TEST_SUITE(test_scope)

COPG_COROUTINE_TEST(a_scope_commits_on_return_and_returns_what_its_body_returns) {
    fixture f;
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
    fixture f;
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
    fixture f;
    auto const db = co_await f.main_db();
    co_await count(db);
    auto const before = f.proxy.round_trips();
    auto const body = []() -> asio::awaitable<int> { co_return 1; };
    auto const value = co_await transaction("main-db", body);
    BOOST_TEST(value == 1);
    BOOST_TEST(f.proxy.round_trips() == before);
}

COPG_COROUTINE_TEST(a_scope_of_one_statement_is_two_round_trips) {
    fixture f;
    auto const db = co_await f.main_db();
    co_await count(db);
    auto const before = f.proxy.round_trips();
    auto const body = [&]() -> asio::awaitable<void> { co_await add(db, 11); };
    co_await transaction("main-db", body);
    BOOST_TEST(f.proxy.round_trips() - before == 2u);
}

COPG_COROUTINE_TEST(the_scope_sees_its_tenants_schema_throughout) {
    fixture f;
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
    fixture f;
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

COPG_COROUTINE_TEST(a_nested_failure_that_is_swallowed_makes_the_whole_roll_back) {
    fixture f;
    auto const db = co_await f.main_db();
    auto const inner = [&]() -> asio::awaitable<void> {
        co_await add(db, 12);
        throw oops{};
    };
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        try {
            co_await transaction("main-db", inner);
        } catch (oops const&) {
        }
    };
    auto const end = co_await end_of(transaction("main-db", outer));
    BOOST_TEST((end.code == errc::transaction_aborted));
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(a_statement_error_that_is_swallowed_is_transaction_aborted_and_not_a_commit) {
    fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const failed = co_await end_of(add(db, 11));
        BOOST_TEST((failed.code == sqlstate::unique_violation));
    };
    auto const end = co_await end_of(transaction("main-db", body));
    BOOST_TEST((end.code == errc::transaction_aborted));
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(a_first_statement_that_never_left_begins_nothing) {
    fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        auto other = db;
        auto const refused = co_await end_of(other.execute(""));
        BOOST_TEST((refused.code == errc::empty_query));
        co_await add(db, 11);
        throw oops{};
    };
    auto const end = co_await end_of(transaction("main-db", body));
    BOOST_TEST(static_cast<bool>(end.code));
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(a_deferred_constraint_that_fails_at_commit_reaches_the_caller) {
    fixture f;
    f.scratch.execute({"create table a.once (i int unique deferrable initially deferred)",
                       "insert into a.once values (1)"});
    auto db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await db.execute("insert into once values (1)");
    };
    auto const end = co_await end_of(transaction("main-db", body));
    BOOST_TEST((end.code == sqlstate::unique_violation));
    auto const rows = co_await db.fetch_one<std::int64_t>("select count(*) from once");
    BOOST_TEST(rows == 1);
}

COPG_COROUTINE_TEST(without_transaction_is_independent_of_the_scope) {
    fixture f;
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
    fixture f;
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
    fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await (add(db, 11) && add(db, 12) && add_deeper(db, 13, 2));
    };
    co_await transaction("main-db", body);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 13);
}

COPG_COROUTINE_TEST(a_detached_coroutine_that_outlives_the_scope_is_told_so) {
    fixture f;
    auto const db = co_await f.main_db();
    ending late;
    auto over = false;
    auto const straggler = [&]() -> asio::awaitable<void> {
        co_await eventually([&] { return over; });
        auto end = co_await end_of(add(db, 50));
        late = std::move(end);
    };
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const inside = co_await asio::this_coro::executor;
        asio::co_spawn(inside, straggler, asio::detached);
    };
    co_await transaction("main-db", body);
    over = true;
    co_await eventually([&] { return static_cast<bool>(late.code); });
    BOOST_TEST((late.code == errc::scope_ended));
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 11);
}

COPG_COROUTINE_TEST(a_cancelled_scope_rolls_back_and_leaves_the_pool_usable) {
    fixture f;
    auto const db = co_await f.main_db();
    auto const executor = co_await asio::this_coro::executor;
    auto inserted = false;
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        inserted = true;
        co_await eventually([] { return false; });
    };
    asio::cancellation_signal signal;
    std::exception_ptr failure;
    asio::co_spawn(executor,
                   transaction("main-db", body),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr thrown) {
                       failure = std::move(thrown);
                   }));
    co_await eventually([&] { return inserted; });
    auto const connected = f.proxy.connections();
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return failure != nullptr; });
    BOOST_TEST((describe(failure).code == std::errc::operation_canceled));
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
    BOOST_TEST(f.proxy.connections() == connected, "the connection was rolled back and kept");
}

COPG_COROUTINE_TEST(a_cancelled_nested_scope_makes_the_outer_one_roll_back) {
    fixture f;
    auto const db = co_await f.main_db();
    auto inserted = false;
    auto const inner = [&]() -> asio::awaitable<void> {
        co_await add(db, 12);
        inserted = true;
        co_await eventually([] { return false; });
    };
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const executor = co_await asio::this_coro::executor;
        asio::cancellation_signal signal;
        auto ended = false;
        asio::co_spawn(
            executor,
            transaction("main-db", inner),
            asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { ended = true; }));
        co_await eventually([&] { return inserted; });
        signal.emit(asio::cancellation_type::terminal);
        co_await eventually([&] { return ended; });
    };
    auto const end = co_await end_of(transaction("main-db", outer));
    BOOST_TEST((end.code == errc::transaction_aborted));
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(a_cancelled_scope_ends_for_its_detached_children_too) {
    fixture f;
    auto const db = co_await f.main_db();
    auto const executor = co_await asio::this_coro::executor;
    auto over = false;
    ending late;
    auto const child = [&]() -> asio::awaitable<void> {
        co_await eventually([&] { return over; });
        auto end = co_await end_of(add(db, 50));
        late = std::move(end);
    };
    auto inserted = false;
    auto const body = [&]() -> asio::awaitable<void> {
        auto const inside = co_await asio::this_coro::executor;
        asio::co_spawn(inside, child, asio::detached);
        co_await add(db, 11);
        inserted = true;
        co_await eventually([] { return false; });
    };
    asio::cancellation_signal signal;
    asio::co_spawn(
        executor,
        transaction("main-db", body),
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { over = true; }));
    co_await eventually([&] { return inserted; });
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return static_cast<bool>(late.code); });
    BOOST_TEST((late.code == errc::scope_ended));
    BOOST_TEST(db.pool().statistics().in_use == 0u);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(the_end_of_a_scope_does_not_wait_for_a_child_that_waits_for_a_connection) {
    fixture f;
    auto const db = co_await f.main_db();
    auto held = co_await db.pool().acquire();
    ending late;
    auto const child = [&]() -> asio::awaitable<void> {
        auto end = co_await end_of(add(db, 50));
        late = std::move(end);
    };
    auto const body = [&]() -> asio::awaitable<void> {
        auto const inside = co_await asio::this_coro::executor;
        asio::co_spawn(inside, child, asio::detached);
        co_await eventually([&] { return db.pool().statistics().waiting == 1; });
    };
    co_await transaction("main-db", body);
    BOOST_TEST(!late.code);
    held.release();
    co_await eventually([&] { return static_cast<bool>(late.code); });
    BOOST_TEST((late.code == errc::scope_ended));
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(raw_transaction_control_is_refused_where_it_would_break_the_scope) {
    fixture f;
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
    fixture f;
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

COPG_COROUTINE_TEST(an_acquire_inside_the_scope_of_its_name_is_refused_instead_of_dead_locking) {
    fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const refused = co_await end_of(db.acquire());
        BOOST_TEST((refused.code == errc::scope_conflict));
    };
    co_await transaction("main-db", body);
}

COPG_COROUTINE_TEST(
    a_link_cut_at_any_byte_of_commit_is_committed_or_in_doubt_and_never_rolled_back) {
    fixture f;
    auto committed = 0;
    auto doubts = 0;
    for (int bytes = 1; bytes < 60 && committed == 0; ++bytes) {
        auto const db = co_await f.main_db();
        auto const body = [&]() -> asio::awaitable<void> {
            co_await add(db, 100 + bytes);
            f.proxy.cut_existing_after_answered(static_cast<std::size_t>(bytes));
        };
        auto const end = co_await end_of(transaction("main-db", body));
        f.proxy.cut_existing_after_answered(1'000'000);
        if (!end.code) {
            ++committed;
            continue;
        }
        BOOST_TEST((end.code == errc::transaction_in_doubt), end.message << " at byte " << bytes);
        ++doubts;
    }
    BOOST_TEST(committed == 1);
    BOOST_TEST(doubts > 5);
    // COMMIT had reached the server each time.
    auto const db = co_await f.main_db();
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10 + doubts + committed);
}

BOOST_AUTO_TEST_SUITE_END()
