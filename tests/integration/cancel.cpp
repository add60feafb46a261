// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/pools.hpp"

#include <copg/driver/connection.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <random>

using namespace copg::test;
using copg::connection;
using copg::errc;
using copg::sqlstate;

namespace {

/// A statement that runs by itself until it ends or is cancelled.
class background {
public:
    template <class T>
    background(asio::any_io_executor const& executor, asio::awaitable<T> operation) {
        asio::co_spawn(
            executor,
            end_of(std::move(operation)),
            asio::bind_cancellation_slot(signal_.slot(), [this](std::exception_ptr, ending end) {
                end_ = std::move(end);
                over_ = true;
            }));
    }
    void cancel() { signal_.emit(asio::cancellation_type::terminal); }
    bool over() const noexcept { return over_; }
    ending const& end() const noexcept { return end_; }

private:
    asio::cancellation_signal signal_;
    ending end_;
    bool over_ = false;
};

bool is_cancelled(ending const& end) {
    return end.code == std::errc::operation_canceled;
}

asio::awaitable<int> running_sleeps(connection& watcher) {
    auto const running = co_await watcher.fetch_one<std::int64_t>(
        "select count(*) from pg_stat_activity where state = 'active' and query like "
        "'select pg_sleep%'");
    co_return static_cast<int>(running);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_cancel)

COPG_COROUTINE_TEST(a_cancelled_statement_ends_at_once_and_the_server_stops_it) {
    auto const executor = co_await asio::this_coro::executor;
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto watcher = co_await connection::connect(cluster().dsn().c_str());
    auto const pid = c.backend_pid();
    background sleep{executor, c.execute("select pg_sleep(100)")};
    auto running = 0;
    while (running == 0)
        running = co_await running_sleeps(watcher);
    sleep.cancel();
    co_await eventually([&] { return sleep.over(); });
    BOOST_TEST(is_cancelled(sleep.end()));
    auto const answer = co_await c.fetch_one<int>("select 42"); // waits for the cleaning up
    BOOST_TEST(answer == 42);
    BOOST_TEST(c.backend_pid() == pid);
    running = co_await running_sleeps(watcher);
    BOOST_TEST(running == 0);
}

COPG_COROUTINE_TEST(a_statement_that_exceeds_its_limit_is_query_timeout_and_is_stopped) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const end = co_await end_of(c.execute(copg::sql{"select pg_sleep(100)"}.timeout(20ms)));
    BOOST_TEST((end.code == errc::query_timeout));
    auto const answer = co_await c.fetch_one<int>("select 42");
    BOOST_TEST(answer == 42);
}

COPG_COROUTINE_TEST(a_connections_query_timeout_holds_for_each_statement_that_has_none) {
    copg::connect_options options{cluster().dsn()};
    options.query_timeout(20ms);
    auto c = co_await connection::connect(options);
    auto const end = co_await end_of(c.execute("select pg_sleep(100)"));
    BOOST_TEST((end.code == errc::query_timeout));
    co_await c.execute(copg::sql{"select pg_sleep(0.1)"}.timeout(0ms));
}

COPG_COROUTINE_TEST(a_limit_is_told_to_the_server_and_is_gone_behind_the_statement) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    copg::sql const ask{"select current_setting('statement_timeout')"};
    auto const inside = co_await c.fetch_one<std::string>(ask.timeout(12'345ms));
    BOOST_TEST(inside == "12345ms");
    auto const outside = co_await c.fetch_one<std::string>(ask);
    BOOST_TEST(outside == "0");
    co_await c.execute("begin");
    auto const first = co_await c.fetch_one<std::string>(ask.timeout(7'000ms));
    BOOST_TEST(first == "7s");
    auto const second = co_await c.fetch_one<std::string>(ask.timeout(8'000ms));
    BOOST_TEST(second == "8s");
    auto const third = co_await c.fetch_one<std::string>(ask);
    BOOST_TEST(third == "0");
    co_await c.execute("commit");
}

COPG_COROUTINE_TEST(a_cancel_by_somebody_else_is_the_servers_error) {
    auto const executor = co_await asio::this_coro::executor;
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto other = co_await connection::connect(cluster().dsn().c_str());
    background sleep{executor, c.execute(copg::sql{"select pg_sleep(100)"}.timeout(90s))};
    auto running = 0;
    while (running == 0)
        running = co_await running_sleeps(other);
    co_await other.execute("select pg_cancel_backend($1)", c.backend_pid());
    co_await eventually([&] { return sleep.over(); });
    BOOST_TEST((sleep.end().code == sqlstate::query_canceled));
}

COPG_COROUTINE_TEST(a_statement_that_cannot_be_stopped_costs_the_connection_at_the_hard_limit) {
    fault_proxy proxy{cluster().port()};
    auto const executor = co_await asio::this_coro::executor;
    copg::connect_options options{proxy.dsn("postgres")};
    options.cancel_requests(false).cancel_timeout(30ms);
    auto c = co_await connection::connect(options);
    background sleep{executor, c.execute("select pg_sleep(2)")};
    co_await yield();
    sleep.cancel();
    co_await eventually([&] { return sleep.over(); });
    BOOST_TEST(is_cancelled(sleep.end()));
    auto const end = co_await end_of(c.ping());
    BOOST_TEST((end.code == errc::connection_lost));
    BOOST_TEST(end.message.find("cancelled") != std::string::npos, end.message);
}

COPG_COROUTINE_TEST(a_pool_gets_its_connection_back_after_a_cancelled_statement) {
    auto const executor = co_await asio::this_coro::executor;
    auto shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto lent = co_await shared.acquire();
    auto const pid = lent.backend_pid();
    {
        background sleep{executor, lent.execute("select pg_sleep(100)")};
        co_await yield();
        sleep.cancel();
        co_await eventually([&] { return sleep.over(); });
    }
    lent.release();
    auto next = co_await shared.acquire();
    BOOST_TEST(next.backend_pid() == pid);
    BOOST_TEST(next.parameter_status("client_encoding") == "UTF8");
    auto const answer = co_await next.fetch_one<int>("select 42");
    BOOST_TEST(answer == 42);
}

COPG_COROUTINE_TEST(a_transaction_whose_statement_was_cancelled_is_rolled_back_on_the_way_home) {
    scratch_database const database;
    database.execute({"create table t (i int)"});
    auto const executor = co_await asio::this_coro::executor;
    auto shared = co_await make_pool(database.dsn(), at_most(1));
    auto lent = co_await shared.acquire();
    co_await lent.execute("begin");
    co_await lent.execute("insert into t values (1)");
    {
        background sleep{executor, lent.execute("select pg_sleep(100)")};
        co_await yield();
        sleep.cancel();
        co_await eventually([&] { return sleep.over(); });
    }
    lent.release();
    auto next = co_await shared.acquire();
    auto const rows = co_await next.fetch_one<std::int64_t>("select count(*) from t");
    BOOST_TEST(rows == 0);
}

COPG_COROUTINE_TEST(after_cancels_at_random_moments_the_next_user_sees_only_his_own_rows) {
    auto const seed = std::random_device{}();
    BOOST_TEST_MESSAGE("seed=" << seed);
    std::mt19937 random{seed};
    std::uniform_int_distribution<int> moment{0, 1'500};
    auto const executor = co_await asio::this_coro::executor;
    auto shared = co_await make_pool(cluster().dsn(), at_most(2));
    constexpr int rounds = 1'000;
    auto cancelled = 0;
    for (int round = 0; round < rounds; ++round) {
        auto lent = co_await shared.acquire();
        background query{executor,
                         lent.fetch<int>("select $1 + 0 * i from generate_series(1, 5000) i", -1)};
        asio::steady_timer timer{executor, std::chrono::microseconds{moment(random)}};
        co_await timer.async_wait(asio::use_awaitable);
        query.cancel();
        co_await eventually([&] { return query.over(); });
        cancelled += is_cancelled(query.end());
        BOOST_TEST((!query.end().code || is_cancelled(query.end())), query.end().message);
        if (round % 2 == 0) {
            auto const mine = co_await lent.fetch_one<int>("select $1", round);
            BOOST_TEST(mine == round);
            continue;
        }
        lent.release();
        auto next = co_await shared.acquire();
        auto const mine = co_await next.fetch_one<int>("select $1", round);
        BOOST_TEST(mine == round);
    }
    BOOST_TEST(cancelled > 0);
    auto const now = shared.statistics();
    BOOST_TEST(now.in_use + now.idle <= 2u);
}

COPG_COROUTINE_TEST(a_second_statement_is_refused_and_told_where_both_were_started) {
    auto const executor = co_await asio::this_coro::executor;
    auto c = co_await connection::connect(cluster().dsn().c_str());
    background sleep{executor, c.execute("select pg_sleep(100)")};
    auto const end = co_await end_of(c.ping());
    BOOST_TEST((end.code == errc::connection_busy));
    BOOST_TEST(end.message.find("cancel.cpp:") != std::string::npos, end.message);
    sleep.cancel();
    co_await eventually([&] { return sleep.over(); });
}

COPG_COROUTINE_TEST(what_copg_began_itself_is_rolled_back_when_its_caller_is_cancelled) {
    scratch_database const database;
    make_two_tenants(database);
    auto const executor = co_await asio::this_coro::executor;
    auto c = co_await connection::connect(database.dsn().c_str(), "b");
    {
        background call{executor, c.execute("do $$ begin perform pg_sleep(100); end $$")};
        co_await yield();
        call.cancel();
        co_await eventually([&] { return call.over(); });
    }
    auto owner = co_await c.fetch_one<std::string>("select owner from item where id = 1");
    BOOST_TEST(owner == "b");
    {
        auto in = co_await c.copy_in("copy item from stdin");
        co_await in.write_row(500, "left");
    }
    auto const rows = co_await c.fetch_one<std::int64_t>("select count(*) from item");
    BOOST_TEST(rows == 10);
    co_await c.execute("insert into item values (501, 'kept')");
    BOOST_TEST(database.text("select count(*)::text from b.item") == "11");
}

COPG_COROUTINE_TEST(a_script_that_is_cancelled_leaves_no_session_on_the_connection) {
    scratch_database const database;
    make_two_tenants(database);
    auto const executor = co_await asio::this_coro::executor;
    auto shared = co_await make_pool(database.dsn(), [] {
        auto options = at_most(1);
        options.reset = copg::reset_policy::none;
        return options;
    }());
    auto lent = co_await shared.acquire("b");
    {
        background script{executor, lent.execute_script("select 1; select pg_sleep(100)")};
        for (int i = 0; i < 5; ++i)
            co_await yield();
        script.cancel();
        co_await eventually([&] { return script.over(); });
    }
    lent.release();
    auto next = co_await shared.acquire();
    auto const path = co_await next.fetch_one<std::string>("select current_setting('search_path')");
    BOOST_TEST(path == "\"$user\", public");
    BOOST_TEST(shared.statistics().open == 1u);
}

COPG_COROUTINE_TEST(a_cancel_that_comes_before_its_statement_has_begun_is_given_again) {
    auto const executor = co_await asio::this_coro::executor;
    scratch_database const database;
    make_two_tenants(database);
    auto c = co_await connection::connect(database.dsn().c_str(), "a");
    auto const pid = c.backend_pid();
    for (int round = 0; round < 40; ++round) { // at once: BEGIN, prelude or DO may be running
        background call{executor, c.execute("do $$ begin perform pg_sleep(100); end $$")};
        call.cancel();
        co_await eventually([&] { return call.over(); });
        auto const owner = co_await c.fetch_one<std::string>("select owner from item limit 1");
        BOOST_TEST(owner == "a");
    }
    BOOST_TEST(c.backend_pid() == pid);
}

COPG_COROUTINE_TEST(an_atomic_batch_can_be_cancelled_before_between_and_behind_its_statements) {
    auto const executor = co_await asio::this_coro::executor;
    auto c = co_await connection::connect(cluster().dsn().c_str());
    for (int round = 0; round < 30; ++round) {
        copg::batch wanted{copg::batch::mode::atomic};
        for (int i = 0; i < 20; ++i)
            wanted.add("select pg_sleep(0.001), $1::int", i);
        background running{executor, c.pipeline(wanted)};
        asio::steady_timer timer{executor, std::chrono::milliseconds{round}};
        co_await timer.async_wait(asio::use_awaitable);
        running.cancel();
        co_await eventually([&] { return running.over(); });
        auto const mine = co_await c.fetch_one<int>("select $1", round);
        BOOST_TEST(mine == round);
    }
}

COPG_COROUTINE_TEST(a_session_that_is_being_bound_is_reset_although_its_caller_was_cancelled) {
    scratch_database const database;
    make_two_tenants(database);
    auto const executor = co_await asio::this_coro::executor;
    auto shared = co_await make_pool(database.dsn(), at_most(1));
    for (int round = 0; round < 20; ++round) {
        {
            auto dirty = co_await shared.acquire();
            co_await dirty.execute("set extra_float_digits = 1"); // a reset is due
        }
        {
            auto lent = co_await shared.acquire("b");
            background script{executor, lent.execute_script("select 1")};
            asio::steady_timer timer{executor, std::chrono::microseconds{round * 50}};
            co_await timer.async_wait(asio::use_awaitable);
            script.cancel();
            co_await eventually([&] { return script.over(); });
        }
        auto next = co_await shared.acquire();
        auto const path =
            co_await next.fetch_one<std::string>("select current_setting('search_path')");
        BOOST_TEST(path == "\"$user\", public", "round " << round);
    }
}

COPG_COROUTINE_TEST(a_stream_that_was_cancelled_leaves_its_lease_usable) {
    auto const executor = co_await asio::this_coro::executor;
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto rows = co_await c.stream<std::string>("select pg_sleep(100)::text");
    background waiting{executor, rows.next()};
    co_await yield();
    waiting.cancel();
    co_await eventually([&] { return waiting.over(); });
    BOOST_TEST(is_cancelled(waiting.end()));
    auto const answer = co_await c.fetch_one<int>("select 42"); // the stream is still there
    BOOST_TEST(answer == 42);
}

COPG_COROUTINE_TEST(limits_of_a_batch_hold_for_their_own_statements) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    copg::sql const ask{"select current_setting('statement_timeout')"};
    for (auto const how : {copg::batch::mode::independent, copg::batch::mode::atomic}) {
        for (auto const* begin : {"select", "begin"}) {
            co_await c.execute(begin);
            copg::batch wanted{how};
            wanted.add(ask.timeout(7s)).add(ask.timeout(8s)).add(ask).add(ask.timeout(9s));
            auto const outcomes = co_await c.pipeline(wanted);
            std::vector<std::string> seen;
            for (auto const& outcome : outcomes)
                seen.push_back(outcome.fetch<std::string>().at(0));
            BOOST_TEST((seen == std::vector<std::string>{"7s", "8s", "0", "9s"}));
            auto const after = co_await c.fetch_one<std::string>(ask);
            BOOST_TEST(after == "0");
            co_await c.execute("rollback");
        }
    }
}

COPG_COROUTINE_TEST(a_limit_that_the_server_enforces_in_a_batch_is_query_timeout) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    copg::batch wanted;
    wanted.add(copg::sql{"select pg_sleep(100)"}.timeout(20ms))
        .add(copg::sql{"select pg_sleep(0)"}.timeout(60s));
    auto const outcomes = co_await c.pipeline(wanted);
    BOOST_TEST((describe(outcomes[0].failure()).code == errc::query_timeout));
    BOOST_TEST(!outcomes[1].failed());
}

COPG_COROUTINE_TEST(statements_that_no_transaction_allows_can_have_a_limit) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    co_await c.execute(copg::sql{"vacuum pg_class"}.timeout(60s));
}

BOOST_AUTO_TEST_SUITE_END()
