// SPDX-License-Identifier: BSL-1.0
// Explicit transactions under cancellation and lost connections.
#include "support/fault_proxy.hpp"
#include "support/transactions.hpp"

#include <copg/driver/connection.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <optional>

using namespace copg::test;
using copg::errc;
using copg::session;

namespace {

/// Starts a statement that takes long and cancels it when it runs on the server.
template <class Target>
asio::awaitable<ending> cancelled(Target const& target, char const* sql, int pid) {
    auto const executor = co_await asio::this_coro::executor;
    asio::cancellation_signal signal;
    std::optional<ending> end;
    asio::co_spawn(
        executor,
        end_of(target.execute(sql)),
        asio::bind_cancellation_slot(signal.slot(),
                                     [&end](std::exception_ptr, ending e) { end = std::move(e); }));
    auto const watcher = co_await copg::connection::connect(cluster().dsn());
    copg::sql const running{"select 1 from pg_stat_activity where pid = $1 and state = 'active'"};
    for (auto runs = false; !runs;)
        runs = co_await watcher.exists(running, pid);
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&end] { return end.has_value(); });
    co_return *end;
}

/// COMMIT waits for the advisory lock 1 when there are new effects.
void make_commit_wait(scratch_database const& database) {
    database.execute({
        "create function wait() returns trigger language plpgsql as "
        "'begin perform pg_advisory_xact_lock(1); return null; end'",
        "create constraint trigger late after insert on effect initially deferred "
        "for each row execute function wait()",
    });
}

asio::awaitable<void> until_it_waits(copg::connection const& watcher, int pid) {
    copg::sql const waiting{"select 1 from pg_stat_activity where pid = $1 and "
                            "wait_event_type = 'Lock'"};
    for (auto waits = false; !waits;)
        waits = co_await watcher.exists(waiting, pid);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_explicit_transaction_faults)

COPG_COROUTINE_TEST(what_copg_has_begun_by_itself_is_not_reported) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    {
        auto const held = co_await shared.acquire(session{"public"});
        auto const pid = held.backend_pid();
        auto const end = co_await cancelled(held, "do $$ begin perform pg_sleep(60); end $$", pid);
        BOOST_TEST((end.code == std::errc::operation_canceled));
        auto const watcher = co_await copg::connection::connect(cluster().dsn());
        copg::sql const left{"select 1 from pg_stat_activity where pid = $1 and "
                             "state = 'idle in transaction (aborted)'"};
        for (auto stopped = false; !stopped;)
            stopped = co_await watcher.exists(left, pid);
    }
    auto const next = co_await shared.acquire();
    co_await next.ping();
    BOOST_TEST(f.seen->lines.empty());
    BOOST_TEST(shared.statistics().transactions_left_open == 0u);
}

COPG_COROUTINE_TEST(a_transaction_in_which_a_statement_was_cancelled_can_be_rolled_back) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    auto begun = co_await held.begin();
    co_await add_effect(begun, "before");
    auto const stopped = co_await cancelled(begun, "select pg_sleep(60)", held.backend_pid());
    BOOST_TEST((stopped.code == std::errc::operation_canceled));
    co_await begun.rollback();
    auto second = co_await held.begin();
    auto const again = co_await cancelled(second, "select pg_sleep(60)", held.backend_pid());
    BOOST_TEST((again.code == std::errc::operation_canceled));
    auto const end = co_await end_of(second.commit());
    BOOST_TEST((end.code == errc::transaction_aborted));
    BOOST_TEST(f.kept().empty());
    co_await held.ping();
}

COPG_COROUTINE_TEST(a_cancellation_that_comes_while_it_commits_changes_nothing) {
    transaction_fixture const f;
    make_commit_wait(f.scratch);
    auto const shared = co_await f.make_pool();
    auto const executor = co_await asio::this_coro::executor;
    auto const held = co_await shared.acquire();
    auto const blocker = co_await copg::connection::connect(copg::connect_options{f.scratch.dsn()});
    co_await blocker.execute("select pg_advisory_lock(1)");
    auto begun = co_await held.begin();
    co_await add_effect(begun, "committed");
    asio::cancellation_signal signal;
    std::optional<ending> end;
    auto const body = [&]() -> asio::awaitable<ending> {
        auto committed = co_await end_of(begun.commit());
        co_return committed;
    };
    asio::co_spawn(executor,
                   body,
                   asio::bind_cancellation_slot(
                       signal.slot(), [&](std::exception_ptr, ending e) { end = std::move(e); }));
    co_await until_it_waits(blocker, held.backend_pid());
    signal.emit(asio::cancellation_type::terminal);
    co_await yield();
    BOOST_TEST(!end.has_value());
    co_await blocker.execute("select pg_advisory_unlock(1)");
    co_await eventually([&] { return end.has_value(); });
    BOOST_TEST(!end->code, end->message);
    BOOST_TEST(f.kept() == names{"committed"}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(a_coroutine_that_was_cancelled_can_be_told_to_commit_all_the_same) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const executor = co_await asio::this_coro::executor;
    auto const held = co_await shared.acquire();
    auto begun = co_await held.begin();
    co_await add_effect(begun, "committed");
    auto waits = false;
    auto const body = [&]() -> asio::awaitable<void> {
        waits = true;
        auto const stopped = co_await end_of(eventually([] { return false; }));
        BOOST_TEST((stopped.code == std::errc::operation_canceled));
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await begun.commit();
    };
    asio::cancellation_signal signal;
    auto over = false;
    asio::co_spawn(executor,
                   body,
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr failure) {
                       BOOST_TEST((failure == nullptr));
                       over = true;
                   }));
    co_await eventually([&] { return waits; });
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return over; });
    BOOST_TEST(f.kept() == names{"committed"}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(a_server_process_that_is_killed_inside_is_connection_lost_and_rolled_back) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    {
        auto const held = co_await shared.acquire();
        auto begun = co_await held.begin();
        auto inner = co_await begun.savepoint();
        co_await add_effect(inner, "lost");
        auto const killer = co_await copg::connection::connect(cluster().dsn());
        co_await killer.execute("select pg_terminate_backend($1)", held.backend_pid());
        copg::sql const alive{"select 1 from pg_stat_activity where pid = $1"};
        for (auto lives = true; lives;)
            lives = co_await killer.exists(alive, held.backend_pid());
        auto const used = co_await end_of(inner.ping());
        BOOST_TEST((used.code == errc::connection_lost), used.message);
        co_await inner.rollback(); // it is, already
        auto const end = co_await end_of(begun.commit());
        BOOST_TEST((end.code == errc::connection_lost), end.message);
        BOOST_TEST(!begun.is_open());
    }
    BOOST_TEST(f.seen->lines.empty(), "the server has rolled it back");
    auto const next = co_await shared.acquire();
    co_await next.ping();
    BOOST_TEST(f.kept().empty());
}

COPG_COROUTINE_TEST(a_connection_that_breaks_in_commit_is_transaction_in_doubt) {
    transaction_fixture const f;
    fault_proxy proxy{cluster().port()};
    auto const shared = co_await make_pool(proxy.dsn(f.scratch.name()), at_most(1));
    auto const held = co_await shared.acquire();
    auto begun = co_await held.begin();
    co_await add_effect(begun, "in doubt");
    proxy.cut_existing_after_answered(1);
    auto const end = co_await end_of(begun.commit());
    BOOST_TEST((end.code == errc::transaction_in_doubt), end.message);
    BOOST_TEST(!begun.is_open());
    auto const late = co_await end_of(begun.rollback());
    BOOST_TEST((late.code == errc::scope_ended));
}

BOOST_AUTO_TEST_SUITE_END()
