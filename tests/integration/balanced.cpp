// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/pools.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/base/with_deadline.hpp>
#include <copg/manager/balanced.hpp>
#include <copg/scope/transaction.hpp>

#include <map>
#include <optional>

using namespace copg::test;
using copg::balance_options;
using copg::balance_strategy;
using copg::balanced;
using copg::balanced_member;
using copg::database;
using copg::errc;
using copg::health_state;

namespace {

/// One that says at once that it is away.
asio::awaitable<database> make_database(std::string dsn) {
    auto options = at_most(2);
    options.retry.attempts = 1;
    options.retry.delay = 10ms;
    options.retry.maximum_delay = 10ms;
    auto made = co_await make_pool(std::move(dsn), options);
    co_return database{made};
}

asio::awaitable<database> make_absent() {
    auto made = co_await make_database("host=127.0.0.1 port=1 user=app dbname=nowhere");
    co_return made;
}

asio::awaitable<std::string> where(balanced reads) {
    auto name = co_await reads.fetch_one<std::string>("select current_database()::text");
    co_return name;
}

asio::awaitable<std::map<std::string, int>> answers(balanced reads, int count) {
    std::map<std::string, int> by_name;
    for (int i = 0; i < count; ++i) {
        auto const name = co_await where(reads);
        ++by_name[name];
    }
    co_return by_name;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_balanced)

COPG_COROUTINE_TEST(statements_go_round_as_the_weights_say) {
    scratch_database const first;
    scratch_database const second;
    auto const a = co_await make_database(first.dsn());
    auto const b = co_await make_database(second.dsn());
    balanced const reads{{{a, 2}, b}};
    std::vector<std::string> order;
    for (int i = 0; i < 4; ++i) {
        auto name = co_await where(reads);
        order.push_back(std::move(name));
    }
    std::vector<std::string> const expected{
        first.name(), second.name(), first.name(), first.name()};
    BOOST_TEST(order == expected, boost::test_tools::per_element());
    auto const copy = reads;
    auto const told = co_await answers(copy, 6);
    BOOST_TEST(told.at(first.name()) == 4);
    BOOST_TEST(reads.statistics()[0].picks == 7u);
    BOOST_TEST(reads.statistics()[1].picks == 3u);
}

COPG_COROUTINE_TEST(every_kind_of_request_goes_to_a_member) {
    scratch_database const first;
    scratch_database const second;
    auto const a = co_await make_database(first.dsn());
    auto const b = co_await make_database(second.dsn());
    balanced const reads{{a, b}};
    auto rows = co_await reads.stream<int>("select generate_series(1, 3)");
    int sum = 0;
    while (true) {
        auto const row = co_await rows.next();
        if (!row)
            break;
        sum += *row;
    }
    BOOST_TEST(sum == 6);
    copg::batch batch;
    batch.add("select 1").add("select 2");
    auto const outcomes = co_await reads.pipeline(batch);
    BOOST_TEST(outcomes.size() == 2u);
    auto lease = co_await reads.acquire();
    co_await lease.ping();
    BOOST_TEST(reads.statistics()[0].picks == 2u);
    BOOST_TEST(reads.statistics()[1].picks == 1u);
    auto const raw = co_await end_of(reads.execute("begin"));
    BOOST_TEST((raw.code == errc::unsupported_statement));
}

COPG_COROUTINE_TEST(with_no_member_everything_ends_with_no_member_available) {
    balanced const none{std::vector<balanced_member>{}};
    BOOST_CHECK_EXCEPTION(none.next(), copg::error, [](copg::error const& e) {
        return e.code() == errc::no_member_available;
    });
    auto const ping = co_await end_of(none.ping());
    auto const acquire = co_await end_of(none.acquire());
    auto const stream = co_await end_of(none.stream<int>("select 1"));
    for (auto const* end : {&ping, &acquire, &stream})
        BOOST_TEST((end->code == errc::no_member_available));
    BOOST_TEST(none.statistics().empty());
}

COPG_COROUTINE_TEST(a_weight_of_nothing_is_refused) {
    auto const absent = co_await make_absent();
    BOOST_CHECK_THROW(balanced_member(absent, 0), copg::error);
    BOOST_CHECK_THROW(balanced_member(absent, 1'000'001), copg::error);
}

COPG_COROUTINE_TEST(a_statement_that_got_no_connection_goes_to_the_next_member) {
    scratch_database const last;
    auto const absent = co_await make_absent();
    auto const unknown = co_await make_database(cluster().dsn("no_such_database"));
    auto const closed = co_await make_database(last.dsn());
    closed.pool().close();
    auto const works = co_await make_database(last.dsn());
    auto const healthy = [] { return health_state::healthy; };
    balanced const reads{{{absent, 1, healthy}, {unknown, 1, healthy}, closed, works}};
    auto const name = co_await where(reads);
    BOOST_TEST(name == last.name());
    auto const told = reads.statistics();
    BOOST_TEST(told[0].passed_on == 1u);
    BOOST_TEST(told[1].passed_on == 1u);
    BOOST_TEST(told[2].picks == 0u);
    BOOST_TEST((told[2].health == health_state::disconnected));
    BOOST_TEST(told[3].picks == 1u);
    BOOST_TEST(told[3].passed_on == 0u);
}

COPG_COROUTINE_TEST(
    when_no_member_has_a_connection_each_was_tried_once_and_the_last_error_is_told) {
    auto const absent = co_await make_absent();
    auto const closed = co_await make_absent();
    closed.pool().close();
    balanced const reads{{absent, closed}};
    auto const end = co_await end_of(reads.ping());
    BOOST_TEST((end.code == errc::pool_closed));
    BOOST_TEST(reads.statistics()[0].picks == 1u);
    BOOST_TEST(reads.statistics()[1].picks == 1u);
}

COPG_COROUTINE_TEST(what_the_server_says_of_a_statement_is_not_asked_of_another) {
    scratch_database const first;
    scratch_database const second;
    auto const a = co_await make_database(first.dsn());
    auto const b = co_await make_database(second.dsn());
    balanced const reads{{a, b}};
    auto const wrong = co_await end_of(reads.execute("select 1 / 0"));
    BOOST_TEST((wrong.code == copg::sqlstate::division_by_zero));
    auto const ended = co_await end_of(reads.execute("select pg_terminate_backend($1)", 0));
    BOOST_TEST(!ended.code);
    auto const broken =
        co_await end_of(reads.execute("select pg_terminate_backend(pg_backend_pid())"));
    BOOST_TEST(!!broken.code);
    BOOST_TEST(reads.statistics()[0].picks + reads.statistics()[1].picks == 3u);
}

COPG_COROUTINE_TEST(a_member_that_is_away_is_left_out_and_comes_back_by_itself) {
    scratch_database const here;
    copg::testing::temporary_cluster server;
    auto const a = co_await make_database(here.dsn());
    auto const b = co_await make_database(server.tcp_dsn());
    balanced const reads{{a, b}};
    auto const before = co_await answers(reads, 4);
    BOOST_TEST(before.at("postgres") == 2);
    server.stop();
    co_await eventually([&] { return b.pool().statistics().open == 0; });
    auto const meanwhile = co_await answers(reads, 20);
    BOOST_TEST(meanwhile.at(here.name()) == 20);
    BOOST_TEST(reads.statistics()[1].passed_on == 1u);
    BOOST_TEST((reads.statistics()[1].health == health_state::unhealthy));
    server.start();
    auto const is_back = [&]() -> asio::awaitable<bool> {
        auto const name = co_await where(reads);
        co_return name == "postgres";
    };
    co_await eventually_answers(is_back);
    auto const after = co_await answers(reads, 4);
    BOOST_TEST(after.at("postgres") == 2);
}

COPG_COROUTINE_TEST(a_pool_that_failed_long_ago_is_tried_again_though_nobody_asks_it) {
    scratch_database const here;
    copg::testing::temporary_cluster server;
    auto const a = co_await make_database(here.dsn());
    auto const b = co_await make_database(server.tcp_dsn());
    server.stop();
    auto const failed = co_await end_of(b.ping());
    BOOST_TEST((failed.code == errc::connect_failed));
    server.start();
    balanced const reads{{a, b}};
    BOOST_TEST((reads.statistics()[1].health == health_state::unhealthy));
    co_await eventually([&] { return reads.next().pool() == b.pool(); });
}

COPG_COROUTINE_TEST(a_set_that_goes_ends_the_attempt_to_reach_a_member) {
    auto const absent = co_await make_pool("host=127.0.0.1 port=1 user=app", at_most(1, 20ms));
    auto const failed = co_await end_of(absent.ping());
    BOOST_TEST((failed.code == errc::connect_failed));
    std::optional<balanced> reads{std::in_place, std::vector<balanced_member>{database{absent}}};
    reads->next();
    co_await eventually([&] { return absent.load().waiting == 1; });
    reads.reset();
    co_await eventually([&] { return absent.load().waiting == 0; });
    BOOST_TEST(absent.statistics().cancelled == 1u);
}

COPG_COROUTINE_TEST(when_all_are_unhealthy_they_are_used_or_refused_as_the_options_say) {
    scratch_database const only;
    auto const a = co_await make_database(only.dsn());
    auto const sick = [] { return health_state::unhealthy; };
    balanced const hopeful{{{a, 1, sick}}};
    auto const name = co_await where(hopeful);
    BOOST_TEST(name == only.name());
    balance_options strict;
    strict.refuse_unhealthy = true;
    balanced const refusing{{{a, 1, sick}}, strict};
    auto const end = co_await end_of(where(refusing));
    BOOST_TEST((end.code == errc::no_member_available));
}

COPG_COROUTINE_TEST(health_is_asked_at_every_choice_and_a_failure_to_tell_counts_as_bad) {
    scratch_database const first;
    scratch_database const second;
    auto const a = co_await make_database(first.dsn());
    auto const b = co_await make_database(second.dsn());
    auto now = health_state::degraded;
    auto const of_a = [&] { return now; };
    auto const of_b = []() -> health_state { throw std::runtime_error{"who knows"}; };
    balanced const reads{{{a, 1, of_a}, {b, 1, of_b}}};
    auto const used = co_await answers(reads, 4);
    BOOST_TEST(used.at(first.name()) == 4);
    now = health_state::unhealthy;
    auto const both = co_await answers(reads, 4);
    BOOST_TEST(both.size() == 2u);
}

COPG_COROUTINE_TEST(the_member_with_the_fewest_connections_in_use_is_chosen) {
    scratch_database const first;
    scratch_database const second;
    auto const a = co_await make_database(first.dsn());
    auto const b = co_await make_database(second.dsn());
    balanced const reads{{a, b}, balance_options{balance_strategy::least_connections}};
    auto const even = co_await answers(reads, 4);
    BOOST_TEST(even.at(first.name()) == 2);
    auto held = co_await a.acquire();
    BOOST_TEST(reads.statistics()[0].load == 1u);
    auto const rest = co_await answers(reads, 4);
    BOOST_TEST(rest.at(second.name()) == 4);
}

COPG_COROUTINE_TEST(inside_a_transaction_of_a_member_every_statement_joins_it) {
    scratch_database const first;
    scratch_database const second;
    auto const a = co_await make_database(first.dsn());
    auto const b = co_await make_database(second.dsn());
    balanced const both{{a, b}};
    auto const body = [&]() -> asio::awaitable<void> {
        co_await both.execute("create table item (id int)");
        for (int i = 0; i < 3; ++i)
            co_await both.execute("insert into item values ($1)", i);
        auto const lent = co_await both.acquire(); // by the scope
        auto const rows = co_await lent.fetch_one<std::int64_t>("select count(*) from item");
        BOOST_TEST(rows == 3);
    };
    co_await copg::transaction(both.next(), body);
    BOOST_TEST(first.text("select count(*)::text from item") == "3");
}

COPG_COROUTINE_TEST(a_cancelled_wait_ends_where_it_is) {
    scratch_database const only;
    auto const a = co_await make_database(only.dsn());
    auto const first = co_await a.acquire();
    auto const second = co_await a.acquire();
    balanced const reads{{a, a}};
    auto waiting = reads.ping();
    auto const end = co_await end_of(copg::with_deadline(20ms, std::move(waiting)));
    BOOST_TEST((end.code == errc::deadline_exceeded));
    BOOST_TEST(reads.statistics()[0].picks + reads.statistics()[1].picks == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
