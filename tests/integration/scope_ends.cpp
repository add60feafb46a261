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

BOOST_AUTO_TEST_SUITE(test_scope_ends)

COPG_COROUTINE_TEST(a_nested_failure_that_is_swallowed_makes_the_whole_roll_back) {
    scope_fixture f;
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
    scope_fixture f;
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
    scope_fixture f;
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
    scope_fixture f;
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

COPG_COROUTINE_TEST(a_detached_coroutine_that_outlives_the_scope_is_told_so) {
    scope_fixture f;
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
    scope_fixture f;
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
    scope_fixture f;
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
    scope_fixture f;
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
    scope_fixture f;
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

COPG_COROUTINE_TEST(
    a_link_cut_at_any_byte_of_commit_is_committed_or_in_doubt_and_never_rolled_back) {
    scope_fixture f;
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

COPG_COROUTINE_TEST(a_script_that_rolls_back_inside_a_scope_is_transaction_aborted) {
    scope_fixture f;
    auto db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 300);
        co_await db.execute_script("rollback");
    };
    auto const end = co_await end_of(copg::transaction(db, body));
    BOOST_TEST((end.code == errc::transaction_aborted));
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(
    what_a_callback_of_an_undone_savepoint_throws_is_dropped_when_the_whole_commits) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto calls = 0;
    auto const call = [&]() -> asio::awaitable<void> {
        ++calls;
        throw oops{};
        co_return;
    };
    auto const inner = [&](copg::transaction_scope scope) -> asio::awaitable<void> {
        scope.after_rollback(call);
        co_await add(db, 12);
        throw oops{};
    };
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const options = copg::transaction_options{}.nesting(copg::nesting::savepoint);
        co_await end_of(transaction("main-db", inner, options));
    };
    auto const end = co_await end_of(transaction("main-db", outer));
    BOOST_TEST(!end.code, end.message);
    BOOST_TEST(calls == 1);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 11);
}

BOOST_AUTO_TEST_SUITE_END()
