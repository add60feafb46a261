// SPDX-License-Identifier: BSL-1.0
// Bodies that are run again, and bodies that run out of time.
#include "support/scopes.hpp"

#include <copg/base/sql_error.hpp>

using namespace copg::test;
using copg::errc;
using copg::nesting;
using copg::retry_budget;
using copg::retry_policy;
using copg::sqlstate;
using copg::transaction;
using copg::transaction_options;
using copg::transaction_scope;

namespace {

retry_policy at_once(std::size_t attempts) {
    retry_policy policy;
    policy.attempts = attempts;
    policy.delay = policy.maximum_delay = 0ms;
    return policy;
}

/// A statement that fails as a serialization failure does.
constexpr char const* conflict = "do $$ begin raise exception using errcode = '40001'; end $$";

} // namespace

BOOST_AUTO_TEST_SUITE(test_scope_retry)

COPG_COROUTINE_TEST(the_outermost_body_is_run_again_from_its_start) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto runs = 0;
    auto rollbacks = 0;
    auto commits = 0;
    auto const nested = [&]() -> asio::awaitable<void> {
        if (runs < 3)
            co_await db.execute(conflict);
    };
    auto const body = [&](transaction_scope scope) -> asio::awaitable<int> {
        ++runs;
        scope.after_rollback([&]() -> asio::awaitable<void> {
            ++rollbacks;
            co_return;
        });
        scope.after_commit([&]() -> asio::awaitable<void> {
            ++commits;
            co_return;
        });
        co_await add(db, 10 + runs);
        co_await transaction(db, nested, transaction_options{}.retry(at_once(10)));
        co_return runs;
    };
    auto const value = co_await transaction(db, body, transaction_options{}.retry(at_once(5)));
    BOOST_TEST(value == 3);
    BOOST_TEST(rollbacks == 2);
    BOOST_TEST(commits == 1);
    auto const ids = co_await db.fetch<int>("select id from item where id > 10");
    BOOST_TEST(ids == std::vector<int>{13}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(after_the_last_run_the_failure_is_told) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto runs = 0;
    auto const body = [&]() -> asio::awaitable<void> {
        ++runs;
        co_await db.execute(conflict);
    };
    auto end = co_await end_of(transaction(db, body, transaction_options{}.retry(at_once(4))));
    BOOST_TEST((end.code == sqlstate::serialization_failure));
    BOOST_TEST(runs == 4);
    runs = 0;
    end = co_await end_of(transaction(db, body));
    BOOST_TEST((end.code == sqlstate::serialization_failure));
    BOOST_TEST(runs == 1);
}

COPG_COROUTINE_TEST(other_failures_and_swallowed_ones) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto runs = 0;
    auto const options = transaction_options{}.retry(at_once(4));
    auto const violating = [&]() -> asio::awaitable<void> {
        ++runs;
        co_await add(db, 1);
    };
    auto end = co_await end_of(transaction(db, violating, options));
    BOOST_TEST((end.code == sqlstate::unique_violation));
    BOOST_TEST(runs == 1);
    runs = 0;
    auto const swallowing = [&]() -> asio::awaitable<void> {
        ++runs;
        co_await end_of(db.execute(conflict)); // the transaction has failed all the same
    };
    end = co_await end_of(transaction(db, swallowing, options));
    BOOST_TEST((end.code == errc::transaction_aborted));
    BOOST_TEST(runs == 4);
}

COPG_COROUTINE_TEST(a_body_with_an_external_effect_is_not_run_again) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto runs = 0;
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        if (++runs == 2)
            scope.external_effect();
        co_await db.execute(conflict);
    };
    auto const end =
        co_await end_of(transaction(db, body, transaction_options{}.retry(at_once(10))));
    BOOST_TEST((end.code == sqlstate::serialization_failure));
    BOOST_TEST(runs == 2);
}

COPG_COROUTINE_TEST(retries_are_taken_from_the_budget) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto runs = 0;
    retry_budget const budget{0, 2};
    auto const options = transaction_options{}.retry(at_once(10), budget);
    auto const body = [&]() -> asio::awaitable<void> {
        ++runs;
        co_await db.execute(conflict);
    };
    co_await end_of(transaction(db, body, options));
    BOOST_TEST(runs == 3);
    co_await end_of(transaction(db, body, options));
    BOOST_TEST(runs == 4);
}

COPG_COROUTINE_TEST(a_policy_that_makes_no_sense_is_refused) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto policy = at_once(1);
    policy.multiplier = 0;
    auto const body = []() -> asio::awaitable<void> { co_return; };
    auto const end = co_await end_of(transaction(db, body, transaction_options{}.retry(policy)));
    BOOST_TEST((end.code == errc::invalid_configuration));
}

COPG_COROUTINE_TEST(real_write_skew_is_run_again) {
    scope_fixture f;
    auto const executor = co_await asio::this_coro::executor;
    copg::pool_options two;
    two.maximum = 2;
    copg::database const db{copg::pool{executor, copg::connect_options{f.scratch.dsn()}, two},
                            copg::session{"a"}};
    auto runs = 0;
    auto const other = [&]() -> asio::awaitable<void> {
        co_await count(db);
        co_await add(db, 20);
    };
    auto const serializable = transaction_options{}.isolation(copg::isolation::serializable);
    auto const body = [&]() -> asio::awaitable<void> {
        co_await count(db);
        if (++runs == 1) {
            auto const beside = [&] { return transaction(db, other, serializable); };
            co_await copg::without_transaction(beside);
        }
        co_await add(db, 10 + runs);
    };
    auto retrying = serializable;
    co_await transaction(db, body, retrying.retry(at_once(5)));
    BOOST_TEST(runs == 2);
    auto const ids = co_await db.fetch<int>("select id from item where id > 10 order by id");
    std::vector<int> const wanted{12, 20};
    BOOST_TEST(ids == wanted, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(a_serialization_failure_at_commit_reaches_the_caller_and_can_be_run_again) {
    scope_fixture f;
    auto const executor = co_await asio::this_coro::executor;
    copg::pool_options two;
    two.maximum = 2;
    copg::database const db{copg::pool{executor, copg::connect_options{f.scratch.dsn()}, two},
                            copg::session{"a"}};
    auto runs = 0;
    auto called = 0;
    auto const serializable = transaction_options{}.isolation(copg::isolation::serializable);
    auto const other = [&]() -> asio::awaitable<void> {
        co_await count(db);
        co_await add(db, 20 + runs);
    };
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        scope.after_commit([&]() -> asio::awaitable<void> {
            ++called;
            co_return;
        });
        co_await count(db);
        co_await add(db, 10 + ++runs);
        auto const beside = [&] { return transaction(db, other, serializable); };
        if (runs < 3)
            co_await copg::without_transaction(beside);
    };
    auto const end = co_await end_of(transaction(db, body, serializable));
    BOOST_TEST((end.code == sqlstate::serialization_failure), end.message);
    BOOST_TEST(called == 0);
    auto retrying = serializable;
    co_await transaction(db, body, retrying.retry(at_once(5)));
    BOOST_TEST(runs == 3);
    BOOST_TEST(called == 1);
    auto const ids = co_await db.fetch<int>("select id from item where id > 10 order by id");
    std::vector<int> const wanted{13, 21, 22};
    BOOST_TEST(ids == wanted, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(a_body_that_takes_too_long_is_rolled_back) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        co_await db.execute("select pg_sleep(100)");
    };
    auto end = co_await end_of(transaction(db, body, transaction_options{}.timeout(50ms)));
    BOOST_TEST((end.code == errc::deadline_exceeded), end.message);
    auto rows = co_await count(db);
    BOOST_TEST(rows == 10);
    // All runs share the time; one that failed is not followed by another when it is over.
    auto runs = 0;
    auto const slow = [&]() -> asio::awaitable<void> {
        ++runs;
        co_await db.execute(conflict);
    };
    auto policy = at_once(0);
    policy.delay = policy.maximum_delay = 3'600s;
    policy.jitter = 0;
    end = co_await end_of(transaction(db, slow, transaction_options{}.timeout(10s).retry(policy)));
    BOOST_TEST((end.code == sqlstate::serialization_failure), end.message);
    BOOST_TEST(runs == 1);
    // A nested one has its own time.
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 12);
        auto const options = transaction_options{}.timeout(50ms).nesting(nesting::savepoint);
        auto const nested = co_await end_of(transaction(db, body, options));
        BOOST_TEST((nested.code == errc::deadline_exceeded), nested.message);
    };
    co_await transaction(db, outer);
    rows = co_await count(db);
    BOOST_TEST(rows == 11);
}

BOOST_AUTO_TEST_SUITE_END()
