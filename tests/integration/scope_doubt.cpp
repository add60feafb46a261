// SPDX-License-Identifier: BSL-1.0
// Commits whose answer is lost.
#include "support/scopes.hpp"

#include <copg/base/sql_error.hpp>

using namespace copg::test;
using copg::errc;
using copg::resolve_in_doubt;
using copg::transaction;
using copg::transaction_error;
using copg::transaction_options;
using copg::transaction_outcome;
using copg::transaction_scope;

namespace {

auto const resolvable = transaction_options{}.resolvable();

template <class T>
asio::awaitable<std::exception_ptr> failure_of(asio::awaitable<T> operation) {
    try {
        co_await std::move(operation);
    } catch (...) {
        co_return std::current_exception();
    }
    co_return nullptr;
}

std::optional<transaction_error> error_in(std::exception_ptr const& failure) {
    try {
        if (failure)
            std::rethrow_exception(failure);
    } catch (transaction_error const& e) {
        return e;
    } catch (...) {
    }
    return std::nullopt;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_scope_doubt)

COPG_COROUTINE_TEST(a_link_cut_at_any_byte_of_commits_answer_is_resolved_as_committed) {
    scope_fixture f;
    auto committed = 0;
    auto doubts = 0;
    auto told = 0;
    for (int bytes = 1; bytes < 60 && committed == 0; ++bytes) {
        auto const db = co_await f.main_db();
        auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
            scope.after_commit([&]() -> asio::awaitable<void> {
                ++told;
                co_return;
            });
            co_await add(db, 100 + bytes);
            f.proxy.cut_existing_after_answered(static_cast<std::size_t>(bytes));
        };
        auto const failure = co_await failure_of(transaction(db, body, resolvable));
        f.proxy.cut_existing_after_answered(1'000'000);
        auto const doubt = error_in(failure);
        if (!doubt) {
            BOOST_TEST((failure == nullptr));
            ++committed;
            continue;
        }
        BOOST_TEST((doubt->code() == errc::transaction_in_doubt));
        BOOST_TEST((doubt->outcome() == transaction_outcome::in_doubt));
        BOOST_TEST(!doubt->transaction_id().empty());
        BOOST_TEST(told == doubts);
        auto outcome = co_await resolve_in_doubt(*doubt);
        BOOST_TEST((outcome == transaction_outcome::committed));
        ++doubts;
        BOOST_TEST(told == doubts);
        outcome = co_await resolve_in_doubt(*doubt); // asks again, calls nothing again
        BOOST_TEST((outcome == transaction_outcome::committed));
        BOOST_TEST(told == doubts);
    }
    BOOST_TEST(committed == 1);
    BOOST_TEST(doubts > 5);
    auto const db = co_await f.main_db();
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10 + doubts + committed);
}

COPG_COROUTINE_TEST(a_link_cut_at_any_byte_of_commits_sending_is_resolved_as_the_table_says) {
    scope_fixture f;
    auto rolled_back = 0;
    auto committed = 0;
    for (std::size_t bytes = 1; bytes < 60; ++bytes) {
        auto const db = co_await f.main_db();
        auto const id = 100 + static_cast<int>(bytes);
        auto const body = [&]() -> asio::awaitable<void> {
            co_await add(db, id);
            f.proxy.cut_existing_after_sent(bytes);
        };
        auto const failure = co_await failure_of(transaction(db, body, resolvable));
        f.proxy.cut_existing_after_sent(1'000'000);
        auto outcome = transaction_outcome::committed;
        if (auto const doubt = error_in(failure))
            outcome = co_await resolve_in_doubt(*doubt);
        else
            BOOST_TEST((failure == nullptr));
        auto const found = co_await db.exists("select from item where id = $1", id);
        BOOST_TEST((outcome == transaction_outcome::committed) == found, "byte " << bytes);
        BOOST_TEST((outcome != transaction_outcome::in_doubt));
        ++(found ? committed : rolled_back);
    }
    BOOST_TEST(rolled_back > 5);
    BOOST_TEST(committed > 0);
}

COPG_COROUTINE_TEST(what_was_not_to_be_resolved_stays_in_doubt) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        f.proxy.cut_existing_after_answered(1);
    };
    auto const failure = co_await failure_of(transaction(db, body));
    f.proxy.cut_existing_after_answered(1'000'000);
    auto const doubt = error_in(failure);
    BOOST_REQUIRE(doubt.has_value());
    BOOST_TEST(doubt->transaction_id().empty());
    auto const outcome = co_await resolve_in_doubt(*doubt);
    BOOST_TEST((outcome == transaction_outcome::in_doubt));
}

COPG_COROUTINE_TEST(what_was_not_seen_running_is_asked_for_before_commit) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const before = f.proxy.round_trips();
    auto const whole = [&]() -> asio::awaitable<void> {
        co_await db.execute_script("insert into item values (12, '')");
    };
    co_await transaction(db, whole, resolvable);
    BOOST_TEST(f.proxy.round_trips() - before >= 4u); // BEGIN, script, question, COMMIT
    for (std::size_t bytes = 90; bytes < 250; ++bytes) {
        auto const cutting = [&]() -> asio::awaitable<void> {
            co_await db.execute_script("delete from item where id = 12");
            f.proxy.cut_existing_after_answered(bytes);
        };
        auto const failure = co_await failure_of(transaction(db, cutting, resolvable));
        f.proxy.cut_existing_after_answered(1'000'000);
        auto const doubt = error_in(failure);
        if (!doubt || doubt->code() != errc::transaction_in_doubt)
            continue;
        auto const outcome = co_await resolve_in_doubt(*doubt);
        auto const left = co_await db.exists("select from item where id = 12");
        BOOST_TEST((outcome ==
                    (left ? transaction_outcome::rolled_back : transaction_outcome::committed)));
        break;
    }
}

COPG_COROUTINE_TEST(a_commit_that_is_never_answered_is_given_up_and_in_doubt) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        f.proxy.hold_answers(true);
    };
    auto const options = transaction_options{}.resolvable().end_timeout(100ms);
    auto const failure = co_await failure_of(transaction(db, body, options));
    f.proxy.hold_answers(false);
    auto const doubt = error_in(failure);
    BOOST_REQUIRE(doubt.has_value());
    BOOST_TEST((doubt->code() == errc::transaction_in_doubt), doubt->what());
    auto const outcome = co_await resolve_in_doubt(*doubt);
    BOOST_TEST((outcome == transaction_outcome::committed));
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 11);
}

COPG_COROUTINE_TEST(a_server_process_that_is_killed_between_statements_has_rolled_back) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        co_await add(db, 11);
        f.scratch.text("select pg_terminate_backend(" + std::to_string(scope.backend_pid()) +
                       ", 10000)::text");
    };
    for (auto const& options : {transaction_options{}, resolvable}) {
        auto const failure = co_await failure_of(transaction(db, body, options));
        BOOST_REQUIRE(failure != nullptr);
        auto const ended = describe(failure);
        auto const definite =
            ended.code == errc::transaction_aborted || ended.code == copg::sqlstate::admin_shutdown;
        BOOST_TEST(definite, ended.message);
    }
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(a_stream_that_is_left_open_rolls_the_scope_back) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    std::optional<copg::row_stream<int>> open;
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto rows = co_await db.stream<int>("select generate_series(1, 1000000)");
        co_await rows.next();
        open.emplace(std::move(rows));
    };
    auto const end = co_await end_of(transaction(db, body));
    BOOST_TEST((end.code == errc::transaction_aborted), end.message);
    open.reset();
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

BOOST_AUTO_TEST_SUITE_END()
