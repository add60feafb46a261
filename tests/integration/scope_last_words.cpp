// SPDX-License-Identifier: BSL-1.0
// What a server says last, in place of COMMIT's result, and what follows from it.
#include "support/scopes.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/scope/transaction.hpp>

using namespace copg::test;
using copg::errc;
using copg::transaction;

namespace {

/// The server ends the session of whoever inserts into `doomed`, at COMMIT.
void make_doomed(scratch_database const& database) {
    database.execute(
        {"create function a.end_session() returns trigger language plpgsql as "
         "$$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$",
         "create table a.doomed (i int)",
         "create constraint trigger at_commit after insert on a.doomed deferrable "
         "initially deferred for each row execute function a.end_session()"});
}

asio::awaitable<ending> commit_doomed(copg::database db) {
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        co_await db.execute("insert into doomed values (1)");
    };
    auto end = co_await end_of(transaction(db, body));
    co_return end;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_scope_last_words)

COPG_COROUTINE_TEST(a_session_that_is_ended_in_place_of_commits_result_has_rolled_back) {
    scope_fixture f;
    make_doomed(f.scratch);
    auto const db = co_await f.main_db();
    auto const end = co_await commit_doomed(db);
    BOOST_TEST((end.code == copg::sqlstate::admin_shutdown), end.message);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

// What could not be written to the log may be in it all the same, and be found by the recovery.
COPG_COROUTINE_TEST(a_panic_in_place_of_commits_result_is_in_doubt) {
    scope_fixture f;
    make_doomed(f.scratch);
    faults panics;
    panics.panics = true;
    f.proxy.set(panics);
    auto const db = co_await f.main_db();
    auto const end = co_await commit_doomed(db);
    BOOST_TEST((end.code == errc::transaction_in_doubt), end.message);
}

BOOST_AUTO_TEST_SUITE_END()
