// SPDX-License-Identifier: BSL-1.0
// What waits for the outcome of a scope.
#include "support/scopes.hpp"

#include <copg/base/sql_error.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

using namespace copg::test;
using copg::errc;
using copg::nesting;
using copg::session;
using copg::transaction;
using copg::transaction_error;
using copg::transaction_options;
using copg::transaction_outcome;
using copg::transaction_scope;

namespace {

auto const inside = transaction_options{}.nesting(nesting::savepoint);

/// Notes in order what was called.
class calls {
public:
    std::function<asio::awaitable<void>()> note(std::string name) {
        return [this, name] { return add(*this, name); };
    }
    void watch(transaction_scope const& scope, std::string const& name) {
        scope.after_commit(note("commit " + name));
        scope.after_rollback(note("rollback " + name));
    }
    std::string const& all() const { return all_; }

private:
    static asio::awaitable<void> add(calls& self, std::string name) {
        co_await yield();
        self.all_ += self.all_.empty() ? name : "; " + name;
    }

    std::string all_;
};

/// Notes the ends of scopes.
class end_recorder final : public copg::observer {
public:
    void on_transaction_end(copg::transaction_end_event const& event) noexcept override {
        ends.push_back(std::string{event.scope} + " " + std::string{event.outcome} +
                       (event.failure ? ", failed" : "") +
                       (event.rollback_failure ? ", closed" : ""));
    }

    std::vector<std::string> ends;
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_scope_callbacks)

COPG_COROUTINE_TEST(an_observer_is_told_of_the_end_of_what_was_begun_also_of_a_failed_rollback) {
    scope_fixture f;
    auto const executor = co_await asio::this_coro::executor;
    auto const watching = std::make_shared<end_recorder>();
    copg::connect_options target{f.proxy.dsn(f.scratch.name())};
    target.observer(watching);
    copg::database const db{
        copg::pool{executor, target}, session{"a"}, {copg::scope_key::kind::tenant, "acme"}};
    auto const nothing = []() -> asio::awaitable<void> { co_return; };
    co_await transaction(db, nothing);
    auto const good = [&] { return add(db, 11); };
    co_await transaction(db, good);
    auto const bad = [&]() -> asio::awaitable<void> {
        co_await add(db, 12);
        throw oops{};
    };
    co_await end_of(transaction(db, bad));
    auto const cut = [&]() -> asio::awaitable<void> {
        co_await add(db, 13);
        f.proxy.cut_existing_after_answered(1);
        throw oops{};
    };
    auto const end = co_await end_of(transaction(db, cut));
    BOOST_TEST((end.code != errc::transaction_in_doubt)); // the body's failure, unchanged
    f.proxy.cut_existing_after_answered(1'000'000);
    std::vector<std::string> const wanted{"tenant \"acme\" committed",
                                          "tenant \"acme\" rolled back",
                                          "tenant \"acme\" rolled back, closed"};
    BOOST_TEST(watching->ends == wanted, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(callbacks_are_called_once_after_the_outcome_is_known_outside_the_scope) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    calls called;
    std::int64_t seen = 0;
    auto const look = [&]() -> asio::awaitable<void> {
        auto const scope = co_await copg::current_transaction(db);
        BOOST_TEST(!scope.has_value());
        seen = co_await count(db); // the only connection is back
    };
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        called.watch(scope, "a");
        co_await add(db, 11);
        called.watch(scope, "b");
        scope.after_commit(look);
    };
    co_await transaction(db, body);
    BOOST_TEST(called.all() == "commit a; commit b");
    BOOST_TEST(seen == 11);
}

COPG_COROUTINE_TEST(a_rollback_calls_those_that_wait_for_it) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    calls called;
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        called.watch(scope, "a");
        co_await add(db, 11);
        throw oops{};
    };
    co_await end_of(transaction(db, body));
    BOOST_TEST(called.all() == "rollback a");
}

COPG_COROUTINE_TEST(a_scope_that_sent_nothing_has_an_outcome_too) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    calls called;
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        called.watch(scope, "a");
        co_return;
    };
    co_await transaction(db, body);
    auto const failing = [&](transaction_scope scope) -> asio::awaitable<void> {
        called.watch(scope, "b");
        throw oops{};
        co_return;
    };
    co_await end_of(transaction(db, failing));
    BOOST_TEST(called.all() == "commit a; rollback b");
}

COPG_COROUTINE_TEST(those_of_a_savepoint_share_its_fate_and_are_called_at_the_end_of_the_whole) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    calls called;
    auto const kept = [&](transaction_scope scope) -> asio::awaitable<void> {
        called.watch(scope, "kept");
        co_await add(db, 11);
    };
    auto const undone = [&](transaction_scope scope) -> asio::awaitable<void> {
        called.watch(scope, "undone");
        co_await add(db, 12);
        throw oops{};
    };
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        called.watch(scope, "outer");
        co_await transaction(db, kept, inside);
        co_await end_of(transaction(db, undone, inside));
        BOOST_TEST(called.all() == "");
    };
    co_await transaction(db, body);
    BOOST_TEST(called.all() == "commit outer; commit kept; rollback undone");
}

COPG_COROUTINE_TEST(a_callback_that_fails_does_not_undo_the_commit_and_not_stop_the_others) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    calls called;
    std::exception_ptr failure;
    auto const body = [&](transaction_scope scope) -> asio::awaitable<int> {
        scope.after_commit([]() -> asio::awaitable<void> {
            throw oops{};
            co_return;
        });
        called.watch(scope, "b");
        co_await add(db, 11);
        co_return 7;
    };
    try {
        co_await transaction(db, body);
    } catch (...) {
        failure = std::current_exception();
    }
    BOOST_REQUIRE(failure != nullptr);
    try {
        std::rethrow_exception(failure);
    } catch (transaction_error const& e) {
        BOOST_TEST((e.code() == errc::failed_after_commit));
        BOOST_TEST((e.outcome() == transaction_outcome::committed));
        BOOST_CHECK_THROW(std::rethrow_exception(e.cause()), oops);
    }
    BOOST_TEST(called.all() == "commit b");
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 11);
}

COPG_COROUTINE_TEST(a_body_that_fails_after_its_commit_does_not_hide_it) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    calls called;
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        called.watch(scope, "a");
        co_await scope.execute_and_commit("insert into item values (11, '')");
        throw oops{};
    };
    auto const end = co_await end_of(transaction(db, body));
    BOOST_TEST((end.code == errc::failed_after_commit), end.message);
    BOOST_TEST(called.all() == "commit a");
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 11);
}

COPG_COROUTINE_TEST(a_last_statement_that_fails_commits_nothing) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    calls called;
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        called.watch(scope, "a");
        co_await add(db, 11);
        auto const end =
            co_await end_of(scope.execute_and_commit("insert into item values (11, '')"));
        BOOST_TEST((end.code == copg::sqlstate::unique_violation), end.message);
    };
    auto const end = co_await end_of(transaction(db, body));
    BOOST_TEST((end.code == errc::transaction_aborted), end.message);
    BOOST_TEST(called.all() == "rollback a");
    auto const nested = [&](transaction_scope scope) -> asio::awaitable<void> {
        co_await scope.execute_and_commit("select 1");
    };
    for (auto const& options : {transaction_options{}, inside}) {
        auto const outer = [&]() -> asio::awaitable<void> {
            co_await transaction(db, nested, options);
        };
        auto const refused = co_await end_of(transaction(db, outer));
        BOOST_TEST((refused.code == errc::scope_conflict), refused.message);
    }
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(a_last_statement_that_was_never_sent_or_undoes_a_failure_is_told_as_it_is) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const refused = [&](transaction_scope scope) -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const end = co_await end_of(scope.execute_and_commit(""));
        BOOST_TEST((end.code == errc::empty_query), end.message);
        co_await add(db, 12);
    };
    co_await transaction(db, refused);
    auto const mending = [&](transaction_scope scope) -> asio::awaitable<void> {
        co_await add(db, 13);
        co_await db.execute("savepoint a");
        co_await end_of(add(db, 13));
        co_await scope.execute_and_commit("rollback to savepoint a");
    };
    co_await transaction(db, mending);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 13);
}

COPG_COROUTINE_TEST(a_scope_that_fails_leaves_the_coroutine_as_it_was) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const failing = [&]() -> asio::awaitable<void> {
        throw oops{};
        co_return;
    };
    co_await end_of(transaction(db, failing));
    auto const throws = co_await asio::this_coro::throw_if_cancelled();
    BOOST_TEST(throws);
}

COPG_COROUTINE_TEST(a_deferred_constraint_fails_the_commit_that_goes_with_the_last_statement) {
    scope_fixture f;
    f.scratch.execute({"create table a.once (i int unique deferrable initially deferred)",
                       "insert into a.once values (1)"});
    auto const db = co_await f.main_db();
    calls called;
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        called.watch(scope, "a");
        co_await end_of(scope.execute_and_commit("insert into once values (1)"));
    };
    auto const end = co_await end_of(transaction(db, body));
    BOOST_TEST((end.code == copg::sqlstate::unique_violation), end.message);
    BOOST_TEST(called.all() == "rollback a");
}

COPG_COROUTINE_TEST(cancellation_does_not_reach_the_callbacks) {
    scope_fixture f;
    auto const db = co_await f.main_db();
    auto const executor = co_await asio::this_coro::executor;
    calls called;
    auto started = false;
    auto const body = [&](transaction_scope scope) -> asio::awaitable<void> {
        called.watch(scope, "a");
        co_await add(db, 11);
        started = true;
        co_await eventually([] { return false; });
    };
    asio::cancellation_signal signal;
    auto ended = false;
    asio::co_spawn(
        executor,
        transaction(db, body),
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr) { ended = true; }));
    co_await eventually([&] { return started; });
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return ended; });
    BOOST_TEST(called.all() == "rollback a");
}

BOOST_AUTO_TEST_SUITE_END()
