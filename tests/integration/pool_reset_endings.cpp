// SPDX-License-Identifier: BSL-1.0
#include "support/leftovers.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/scope/transaction.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <fmt/format.h>

#include <array>

using namespace copg::test;
using copg::errc;
using copg::lease;
using copg::pool;
using copg::reset_policy;
using copg::testing::leak_probe;

namespace {

constexpr reset_policy policies[] = {reset_policy::standard, reset_policy::always};

asio::awaitable<pool> pool_of_one(reset_policy policy) {
    auto options = at_most(1);
    options.reset = policy;
    auto made = co_await make_pool(cluster().dsn(), options);
    co_return made;
}

/// How a borrower comes to its end after it has left something behind.
using leaving = asio::awaitable<void> (*)(lease&, char const* sql);

asio::awaitable<void> return_normally(lease& held, char const* sql) {
    co_await held.execute(sql);
}

asio::awaitable<void> fail_afterwards(lease& held, char const* sql) {
    co_await held.execute(sql);
    co_await end_of(held.execute("select 1 / 0"));
}

asio::awaitable<void> commit_a_transaction(lease& held, char const* sql) {
    co_await held.execute("begin");
    co_await held.execute(sql);
    co_await held.execute("commit");
}

asio::awaitable<void> roll_a_transaction_back(lease& held, char const* sql) {
    co_await held.execute("begin");
    co_await held.execute(sql);
    co_await held.execute("rollback");
}

asio::awaitable<void> leave_a_transaction_open(lease& held, char const* sql) {
    co_await held.execute("begin");
    co_await held.execute(sql);
}

asio::awaitable<void> leave_a_failed_transaction(lease& held, char const* sql) {
    co_await held.execute("begin");
    co_await held.execute(sql);
    co_await end_of(held.execute("select 1 / 0"));
}

asio::awaitable<void> leave_in_mid_copy(lease& held, char const* sql) {
    co_await held.execute(sql);
    auto reader = co_await held.copy_out("copy (select generate_series(1, 100000)) to stdout");
    co_await reader.read();
}

asio::awaitable<void> leave_a_stream(lease& held, char const* sql) {
    co_await held.execute(sql);
    auto rows = co_await held.stream<int>("select generate_series(1, 100000)");
    co_await rows.next();
}

asio::awaitable<void> run_as_a_script(lease& held, char const* sql) {
    co_await held.execute_script(fmt::format("select 1; {}; select 2", sql));
}

asio::awaitable<void> run_in_a_batch(lease& held, char const* sql) {
    copg::batch several;
    several.add("select 1");
    several.add(sql);
    several.add("select 1 / 0");
    co_await held.pipeline(several);
}

asio::awaitable<void> be_cancelled(lease& held, char const* sql) {
    co_await held.execute(sql);
    auto const executor = co_await asio::this_coro::executor;
    asio::cancellation_signal signal;
    auto ended = false;
    auto const done = [&ended](std::exception_ptr, copg::command_result) { ended = true; };
    asio::co_spawn(executor,
                   held.execute("select pg_sleep(30)"),
                   asio::bind_cancellation_slot(signal.slot(), done));
    co_await yield();
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&ended] { return ended; });
}

asio::awaitable<void> check(leaving leave) {
    auto const probe = co_await make_probe(cluster().dsn());
    for (auto const policy : policies) {
        auto const shared = co_await pool_of_one(policy);
        auto pid = 0;
        for (auto const& kind : leftover_kinds()) {
            auto held = co_await shared.acquire();
            co_await leave(held, kind.sql);
            BOOST_TEST((pid == 0 || pid == held.backend_pid()));
            pid = held.backend_pid();
            held.release();
            auto const found = co_await leaks_on_next(probe, shared);
            BOOST_TEST(found == "", kind.sql << ": " << found);
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_reset_endings)

COPG_COROUTINE_TEST(no_kind_of_leftover_outlives_a_normal_return) {
    co_await check(return_normally);
}

COPG_COROUTINE_TEST(no_kind_of_leftover_outlives_a_failure) {
    co_await check(fail_afterwards);
}

COPG_COROUTINE_TEST(no_kind_of_leftover_outlives_a_transaction_that_is_committed) {
    co_await check(commit_a_transaction);
}

COPG_COROUTINE_TEST(no_kind_of_leftover_outlives_a_transaction_that_is_rolled_back) {
    co_await check(roll_a_transaction_back);
}

COPG_COROUTINE_TEST(no_kind_of_leftover_outlives_a_transaction_that_is_left_open) {
    co_await check(leave_a_transaction_open);
}

COPG_COROUTINE_TEST(no_kind_of_leftover_outlives_a_transaction_that_has_failed) {
    co_await check(leave_a_failed_transaction);
}

COPG_COROUTINE_TEST(no_kind_of_leftover_outlives_a_copy_that_is_dropped) {
    co_await check(leave_in_mid_copy);
}

COPG_COROUTINE_TEST(no_kind_of_leftover_outlives_a_stream_that_is_dropped) {
    co_await check(leave_a_stream);
}

COPG_COROUTINE_TEST(no_kind_of_leftover_outlives_a_script) {
    co_await check(run_as_a_script);
}

COPG_COROUTINE_TEST(no_kind_of_leftover_outlives_a_batch) {
    co_await check(run_in_a_batch);
}

COPG_COROUTINE_TEST(no_kind_of_leftover_outlives_a_cancelled_statement) {
    co_await check(be_cancelled);
}

COPG_COROUTINE_TEST(what_a_copy_of_a_query_leaves_behind_is_seen) {
    auto const probe = co_await make_probe(cluster().dsn());
    auto const shared = co_await pool_of_one(reset_policy::standard);
    {
        auto const held = co_await shared.acquire();
        auto reader = co_await held.copy_out(
            "copy (select set_config('app.leak', 'x', false), pg_advisory_lock(7)) to stdout");
        while (co_await reader.read()) {
        }
        auto const found = co_await leaks_on(probe, held);
        BOOST_TEST(found != "");
    }
    auto const found = co_await leaks_on_next(probe, shared);
    BOOST_TEST(found == "");
}

COPG_COROUTINE_TEST(what_was_drawn_from_a_sequence_goes_with_whatever_else_is_reset) {
    scratch_database const database;
    database.execute({"create sequence s"});
    auto const shared = co_await make_pool(database.dsn(), at_most(1));
    auto const probe = co_await make_probe(database.dsn());
    {
        auto const held = co_await shared.acquire();
        co_await held.execute("select nextval('s')");
        co_await held.execute("listen c");
    }
    auto const found = co_await leaks_on_next(probe, shared);
    BOOST_TEST(found == "");
}

COPG_COROUTINE_TEST(the_next_borrower_is_safe_whatever_its_first_statement_is) {
    scratch_database const database;
    make_two_tenants(database);
    auto const shared = co_await make_pool(database.dsn(), at_most(1));
    auto const owner_sql = "select owner from item where id = 1";
    for (auto const* sql : {"set search_path = a", "create temp table item (id int, owner text)"}) {
        auto const soil = [&]() -> asio::awaitable<void> {
            auto held = co_await shared.acquire("a");
            co_await held.execute(sql);
        };
        copg::database const db{shared, "b"};
        co_await soil();
        auto owner = co_await db.fetch_one<std::string>(owner_sql);
        BOOST_TEST(owner == "b");
        co_await soil();
        auto const body = [&]() -> asio::awaitable<void> {
            auto seen = co_await db.fetch_one<std::string>(owner_sql);
            owner = std::move(seen);
        };
        co_await copg::transaction(db, body);
        BOOST_TEST(owner == "b");
        co_await soil();
        auto rows = co_await db.stream<std::string>(owner_sql);
        auto const row = co_await rows.next();
        BOOST_TEST(row.value() == "b");
    }
}

COPG_COROUTINE_TEST(a_reset_that_fails_closes_the_connection) {
    scratch_database const database;
    auto const shared = co_await make_pool(database.dsn(), at_most(1));
    auto const other = co_await copg::connection::connect(database.dsn());
    auto pid = 0;
    {
        auto held = co_await shared.acquire();
        pid = held.backend_pid();
        co_await held.execute("create temp table leftover (i int)");
        auto const name = co_await held.fetch_one<std::string>("select 'leftover'::regclass::text");
        auto const schema =
            co_await held.fetch_one<std::string>("select pg_my_temp_schema()::regnamespace::text");
        co_await other.execute("begin");
        co_await other.execute(fmt::format("lock table {}.{}", schema, name));
    }
    auto next = co_await shared.acquire();
    auto const executor = co_await asio::this_coro::executor;
    ending end;
    auto ended = false;
    asio::co_spawn(executor, next.ping(), [&](std::exception_ptr failure) {
        end = describe(failure);
        ended = true;
    });
    auto stopped = false;
    while (!stopped) { // as soon as the reset waits for the lock
        auto const waiting = co_await other.exists(
            "select pg_cancel_backend(pid) from pg_locks where pid = $1 and not granted", pid);
        stopped = waiting;
    }
    co_await eventually([&ended] { return ended; });
    BOOST_TEST((end.code == errc::statement_in_doubt));
    co_await other.execute("rollback");
    next.release();
    auto const fresh = co_await shared.acquire();
    BOOST_TEST(fresh.backend_pid() != pid);
    co_await fresh.ping();
}

BOOST_AUTO_TEST_SUITE_END()
