// SPDX-License-Identifier: BSL-1.0
// Scopes inside scopes: savepoints, what is undone with what, parallel children, dead-locks.
#include "support/scopes.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/base/with_deadline.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

using namespace copg::test;
using copg::current_transaction;
using copg::errc;
using copg::nesting;
using copg::sqlstate;
using copg::transaction;
using copg::transaction_error;
using copg::transaction_options;
using copg::transaction_outcome;
using copg::transaction_scope;

namespace {

auto const inside = transaction_options{}.nesting(nesting::savepoint);

asio::awaitable<void> add_and_throw(copg::database db, int id) {
    co_await add(db, id);
    throw oops{};
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_scope_nesting)

COPG_COROUTINE_TEST(a_savepoint_that_fails_undoes_only_itself) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const failing = [&] { return add_and_throw(db, 12); };
    auto const broken = [&] { return add(db, 11); }; // again
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto end = co_await end_of(transaction(db, failing, inside));
        BOOST_TEST(static_cast<bool>(end.code));
        end = co_await end_of(transaction(db, broken, inside));
        BOOST_TEST((end.code == sqlstate::unique_violation));
        co_await add(db, 13);
    };
    co_await transaction(db, outer);
    auto const ids = co_await db.fetch<int>("select id from item where id > 10 order by id");
    std::vector<int> const wanted{11, 13};
    BOOST_TEST(ids == wanted, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(a_savepoint_whose_body_swallows_an_error_is_told_to_be_undone) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const swallowing = [&]() -> asio::awaitable<void> {
        co_await add(db, 12);
        auto const end = co_await end_of(add(db, 12));
        BOOST_TEST((end.code == sqlstate::unique_violation));
    };
    std::exception_ptr failure;
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        try {
            co_await transaction(db, swallowing, inside);
        } catch (...) {
            failure = std::current_exception();
        }
    };
    co_await transaction(db, outer);
    BOOST_REQUIRE(failure != nullptr);
    try {
        std::rethrow_exception(failure);
    } catch (transaction_error const& e) {
        BOOST_TEST((e.code() == errc::transaction_aborted));
        BOOST_TEST((e.outcome() == transaction_outcome::rolled_back));
        BOOST_REQUIRE(e.cause() != nullptr);
        BOOST_TEST((describe(e.cause()).code == sqlstate::unique_violation));
    }
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 11);
}

COPG_COROUTINE_TEST(what_joins_a_savepoint_shares_its_fate) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const failing = [&] { return add_and_throw(db, 13); };
    auto const level = [&]() -> asio::awaitable<void> {
        co_await add(db, 12);
        co_await end_of(transaction(db, failing)); // swallowed
    };
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const end = co_await end_of(transaction(db, level, inside));
        BOOST_TEST((end.code == errc::transaction_aborted));
    };
    co_await transaction(db, outer);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 11);
}

COPG_COROUTINE_TEST(set_rollback_only_undoes_its_level_and_names_its_place) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const level = [&](transaction_scope scope) -> asio::awaitable<void> {
        co_await add(db, 12);
        scope.set_rollback_only();
        BOOST_TEST(scope.is_rollback_only());
    };
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const end = co_await end_of(transaction(db, level, inside));
        BOOST_TEST((end.code == errc::transaction_aborted));
        BOOST_TEST(end.message.find("scope_nesting.cpp") != std::string::npos, end.message);
    };
    co_await transaction(db, outer);
    auto rows = co_await count(db);
    BOOST_TEST(rows == 11);
    auto const end = co_await end_of(transaction(db, level));
    BOOST_TEST((end.code == errc::transaction_aborted));
    rows = co_await count(db);
    BOOST_TEST(rows == 11);
}

COPG_COROUTINE_TEST(parallel_savepoints_do_not_undo_each_other) {
    using namespace asio::experimental::awaitable_operators;
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const slow_and_failing = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        for (int i = 0; i < 10; ++i)
            co_await yield();
        throw oops{};
    };
    auto const good = [&] { return add(db, 12); };
    auto const outer = [&]() -> asio::awaitable<void> {
        auto const [first, second] = co_await (end_of(transaction(db, slow_and_failing, inside)) &&
                                               end_of(transaction(db, good, inside)));
        BOOST_TEST(static_cast<bool>(first.code));
        BOOST_TEST(!second.code);
        auto const [third, fourth] =
            co_await (end_of(transaction(db, slow_and_failing, inside)) && end_of(add(db, 13)));
        BOOST_TEST(static_cast<bool>(third.code));
        BOOST_TEST(!fourth.code, fourth.message);
    };
    co_await transaction(db, outer);
    auto const ids = co_await db.fetch<int>("select id from item where id > 10 order by id");
    std::vector<int> const wanted{12, 13};
    BOOST_TEST(ids == wanted, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(the_outer_scope_object_works_inside_a_savepoint) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const outer = [&](transaction_scope scope) -> asio::awaitable<void> {
        auto const level = [&]() -> asio::awaitable<void> {
            co_await scope.execute("insert into item values (11, '')");
            throw oops{};
        };
        co_await end_of(transaction(db, level, inside));
        co_await scope.execute("insert into item values (12, '')");
    };
    co_await transaction(db, outer);
    auto const ids = co_await db.fetch<int>("select id from item where id > 10 order by id");
    BOOST_TEST(ids == std::vector<int>{12}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(a_savepoint_of_a_detached_child_ends_with_the_scope) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto release = false;
    ending late;
    auto const lingering = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        co_await eventually([&] { return release; });
        co_await add(db, 12);
    };
    auto const child = [&]() -> asio::awaitable<void> {
        auto end = co_await end_of(transaction(db, lingering, inside));
        late = std::move(end);
    };
    auto const outer = [&]() -> asio::awaitable<void> {
        auto const executor = co_await asio::this_coro::executor;
        asio::co_spawn(executor, child, asio::detached);
        co_await eventually([&] { return db.pool().statistics().in_use == 1; });
    };
    co_await transaction(db, outer); // does not wait for the child's savepoint
    release = true;
    co_await eventually([&] { return static_cast<bool>(late.code); });
    BOOST_TEST((late.code == errc::scope_ended), late.message);
    BOOST_TEST(db.pool().statistics().in_use == 0u);
}

COPG_COROUTINE_TEST(a_cancelled_first_statement_of_a_savepoint_can_be_undone) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const sleeping = [&]() -> asio::awaitable<void> {
        co_await copg::with_deadline(20ms, db.execute("select pg_sleep(100)"));
    };
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const end = co_await end_of(transaction(db, sleeping, inside));
        BOOST_TEST((end.code == errc::deadline_exceeded), end.message);
        co_await add(db, 12);
    };
    co_await transaction(db, outer);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 12);
    BOOST_TEST(db.pool().statistics().connected == 1u);
}

COPG_COROUTINE_TEST(a_savepoint_that_cannot_be_undone_takes_the_outer_one_along) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const breaking = [&]() -> asio::awaitable<void> {
        co_await db.execute("release savepoint copg_scope_1");
        throw oops{};
    };
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        co_await end_of(transaction(db, breaking, inside));
    };
    auto const end = co_await end_of(transaction(db, outer));
    BOOST_TEST((end.code == errc::transaction_aborted), end.message);
    BOOST_TEST(end.message.find("copg_scope_1") != std::string::npos, end.message);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(the_scope_is_found_by_its_name_and_by_a_handle) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto found = co_await current_transaction("main-db");
    BOOST_TEST(!found.has_value());
    std::optional<transaction_scope> kept;
    auto const hidden = [&]() -> asio::awaitable<void> {
        auto const none = co_await current_transaction(db);
        BOOST_TEST(!none.has_value());
    };
    auto const body = [&]() -> asio::awaitable<void> {
        kept = co_await current_transaction(db);
        BOOST_REQUIRE(kept.has_value());
        auto const unbound = co_await end_of(kept->execute("select 1"));
        BOOST_TEST((unbound.code == errc::scope_unbound));
        BOOST_TEST(kept->backend_pid() == 0);
        co_await add(db, 11);
        auto const pid = co_await kept->fetch_one<int>("select pg_backend_pid()");
        BOOST_TEST(kept->backend_pid() == pid);
        co_await copg::without_transaction(hidden);
    };
    co_await transaction("main-db", body);
    auto const late = co_await end_of(kept->execute("select 1"));
    BOOST_TEST((late.code == errc::scope_ended));
    BOOST_CHECK_THROW(kept->set_rollback_only(), copg::error);
}

COPG_COROUTINE_TEST(a_scope_that_waits_for_its_own_pool_is_told_so_at_once) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const audit = [&] { return add(db, 99); };
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto end = co_await end_of(copg::without_transaction(audit));
        BOOST_TEST((end.code == errc::nested_acquire), end.message);
        BOOST_TEST(end.message.find("scopes.hpp") != std::string::npos, end.message);
        end = co_await end_of(db.pool().acquire());
        BOOST_TEST((end.code == errc::nested_acquire), end.message);
        BOOST_TEST(end.message.find("scope_nesting.cpp") != std::string::npos, end.message);
        co_await add(db, 12);
    };
    co_await transaction("main-db", body);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 12);
}

BOOST_AUTO_TEST_SUITE_END()
