// SPDX-License-Identifier: BSL-1.0
// Nodes that go, come back, are promoted or refuse writes.
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/replicas.hpp"

#include <copg/scope/transaction.hpp>

using namespace copg::test;
using copg::health_state;
using copg::node_role;

BOOST_AUTO_TEST_SUITE(test_replica_failover)

COPG_COROUTINE_TEST(a_statement_for_a_standby_that_is_gone_goes_to_the_primary_at_once) {
    replica_pair pair;
    auto const set = co_await make_set(pair.dsn(), by_hand());
    co_await set.check();
    pair.standby.stop();
    auto const port = co_await port_of(set.reads());
    BOOST_TEST(port == pair.primary.port());
    BOOST_TEST(set.reads().statistics()[1].passed_on == 1u);
    co_await set.check();
    BOOST_TEST((set.status()[1].health == health_state::degraded));
    co_await set.check();
    BOOST_TEST((set.status()[1].health == health_state::unhealthy));
    BOOST_TEST((set.status()[1].role == node_role::unknown));
    BOOST_TEST(!set.status()[1].last_error.empty());
    co_await set.reads().ping();
    BOOST_TEST(set.reads().statistics()[1].passed_on == 1u);

    pair.standby.start();
    co_await set.check();
    BOOST_TEST((set.status()[1].health == health_state::healthy));
    auto const back = [&]() -> asio::awaitable<bool> {
        auto const now = co_await port_of(set.reads());
        co_return now == pair.standby.port();
    };
    co_await eventually_answers(back);
}

COPG_COROUTINE_TEST(after_a_failover_the_same_handle_writes_on_the_promoted_standby) {
    replica_pair pair;
    auto const set = co_await make_set(pair.dsn(), by_hand());
    auto const primary = set.primary();
    co_await set.check();
    co_await primary.execute("create table item (id int)");
    auto const arrived = [&] {
        return set.reads().exists("select from pg_class where relname = 'item'");
    };
    co_await eventually_answers(arrived);
    pair.primary.stop();
    co_await eventually([&] { return primary.pool().statistics().idle == 0; });
    pair.standby.promote();
    co_await primary.execute("insert into item values (1)");
    auto const insert = [&] { return primary.execute("insert into item values (2)"); };
    co_await copg::transaction(primary, insert);
    auto const port = co_await port_of(primary);
    BOOST_TEST(port == pair.standby.port());

    co_await set.check();
    BOOST_TEST((set.status()[1].role == node_role::primary));
    auto const rows = co_await set.reads().fetch_one<std::int64_t>("select count(*) from item");
    BOOST_TEST(rows == 2); // no standby is left
}

COPG_COROUTINE_TEST(when_the_primary_moves_who_waits_for_it_need_not_wait_for_the_next_attempt) {
    replica_pair pair;
    copg::pool_options pools;
    pools.retry.delay = 1h;
    pools.retry.maximum_delay = 1h;
    auto const set = co_await make_set(pair.dsn(), by_hand(), pools);
    co_await set.check();
    co_await set.primary().ping();
    pair.primary.stop();
    auto const shared = set.primary().pool();
    co_await eventually([&] { return shared.statistics().idle == 0; });
    auto ended = false;
    auto const executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, set.primary().ping(), [&](std::exception_ptr const& failure) {
        BOOST_TEST((failure == nullptr));
        ended = true;
    });
    co_await eventually([&] { return shared.statistics().connects_failed > 0; });
    pair.standby.promote();
    co_await set.check();
    co_await eventually([&] { return ended; });
}

COPG_COROUTINE_TEST(a_node_that_refuses_a_write_is_left_for_one_that_takes_it) {
    copg::testing::temporary_cluster first;
    copg::testing::temporary_cluster second;
    auto const set = co_await make_set(hosts_dsn(first.port(), second.port()), by_hand());
    auto const primary = set.primary();
    auto const before = co_await port_of(primary);
    BOOST_TEST(before == first.port());
    co_await make_read_only(first, primary);
    auto const refused = co_await end_of(primary.execute("create table item (id int)"));
    BOOST_TEST((refused.code == copg::sqlstate::read_only_sql_transaction));
    auto const moved = [&]() -> asio::awaitable<bool> {
        auto const port = co_await port_of(primary);
        co_return port == second.port();
    };
    co_await eventually_answers(moved);
    co_await primary.execute("create table item (id int)");
}

COPG_COROUTINE_TEST(a_transaction_that_is_refused_makes_the_set_look_too) {
    copg::testing::temporary_cluster first;
    copg::testing::temporary_cluster second;
    auto const set = co_await make_set(hosts_dsn(first.port(), second.port()), by_hand());
    auto const primary = set.primary();
    co_await primary.ping();
    co_await make_read_only(first, primary);
    auto const body = [&] { return primary.execute("create table item (id int)"); };
    auto const refused = co_await end_of(copg::transaction(primary, body));
    BOOST_TEST((refused.code == copg::sqlstate::read_only_sql_transaction));
    auto const works = [&]() -> asio::awaitable<bool> {
        auto const end = co_await end_of(copg::transaction(primary, body));
        co_return !end.code;
    };
    co_await eventually_answers(works);
}

COPG_COROUTINE_TEST(a_check_finds_an_idle_connection_to_a_node_that_takes_no_writes) {
    copg::testing::temporary_cluster first;
    copg::testing::temporary_cluster second;
    auto const set = co_await make_set(hosts_dsn(first.port(), second.port()), by_hand());
    co_await set.primary().ping();
    co_await make_read_only(first, set.primary());
    co_await set.check();
    auto const port = co_await port_of(set.primary());
    BOOST_TEST(port == second.port());
}

COPG_COROUTINE_TEST(a_transaction_that_is_read_only_by_its_own_wish_costs_no_connection) {
    auto const set = co_await make_set(cluster().tcp_dsn(), by_hand());
    auto const body = [&] { return set.primary().execute("create table never (id int)"); };
    copg::transaction_options reading;
    reading.read_only(true);
    auto const refused = co_await end_of(copg::transaction(set.primary(), body, reading));
    BOOST_TEST((refused.code == copg::sqlstate::read_only_sql_transaction));
    co_await set.check();
    co_await set.check();
    BOOST_TEST(set.primary().pool().statistics().connected == 1u);
}

COPG_COROUTINE_TEST(a_standby_that_is_too_far_behind_gets_no_reads_until_it_has_caught_up) {
    replica_pair pair;
    auto options = by_hand();
    options.maximum_lag = 1ms;
    auto const set = co_await make_set(pair.dsn(), options);
    auto const serves = [&]() -> asio::awaitable<bool> {
        co_await set.check();
        co_return set.status()[1].serves_reads;
    };
    auto const is_late = [&]() -> asio::awaitable<bool> {
        auto const good = co_await serves();
        co_return !good;
    };
    co_await eventually_answers(serves);
    auto direct = co_await copg::connection::connect(pair.standby.tcp_dsn().c_str());
    co_await set.primary().execute("create table item (id int)");
    auto const arrived = [&] {
        return direct.exists("select from pg_class where relname = 'item'");
    };
    co_await eventually_answers(arrived);
    co_await direct.execute("select pg_wal_replay_pause()");
    co_await set.primary().execute("insert into item values (1)");
    co_await eventually_answers(is_late);
    BOOST_TEST((set.status()[1].health == health_state::degraded));
    BOOST_TEST((set.status()[1].lag.value() > 1ms));
    auto const port = co_await port_of(set.reads());
    BOOST_TEST(port == pair.primary.port());
    co_await direct.execute("select pg_wal_replay_resume()");
    co_await eventually_answers(serves);
}

BOOST_AUTO_TEST_SUITE_END()
