// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/replicas.hpp"

#include <copg/scope/transaction.hpp>

using namespace copg::test;
using copg::errc;
using copg::health_state;
using copg::node_role;
using copg::replica_options;
using copg::replica_set;

namespace {

/// For tests that break nothing.
replica_pair& shared_pair() {
    static replica_pair instance;
    return instance;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_replica_set)

COPG_COROUTINE_TEST(reads_go_to_the_standby_and_writes_to_the_primary) {
    auto const& pair = shared_pair();
    auto const set = co_await make_set(pair.dsn(), by_hand());
    co_await set.check();
    auto const nodes = set.status();
    BOOST_TEST_REQUIRE(nodes.size() == 2u);
    BOOST_TEST((nodes[0].role == node_role::primary));
    BOOST_TEST((nodes[1].role == node_role::standby));
    BOOST_TEST(nodes[1].serves_reads);
    for (auto const& node : nodes)
        BOOST_TEST((node.health == health_state::healthy));
    for (int i = 0; i < 3; ++i) {
        auto const reading = co_await port_of(set.reads());
        auto const writing = co_await port_of(set.primary());
        BOOST_TEST(reading == pair.standby.port());
        BOOST_TEST(writing == pair.primary.port());
    }
}

COPG_COROUTINE_TEST(what_is_written_on_the_primary_comes_to_the_standby) {
    auto const set = co_await make_set(shared_pair().dsn(), by_hand());
    co_await set.check();
    co_await set.primary().execute("create table written (id int)");
    co_await set.primary().execute("insert into written values (7)");
    auto const arrived = [&]() -> asio::awaitable<bool> {
        auto const there =
            co_await set.reads().exists("select from pg_class where relname = $1", "written");
        if (!there)
            co_return false;
        auto const rows = co_await set.reads().exists("select from written where id = 7");
        co_return rows;
    };
    co_await eventually_answers(arrived);
    auto const refused = co_await end_of(set.reads().execute("insert into written values (8)"));
    BOOST_TEST((refused.code == copg::sqlstate::read_only_sql_transaction));
}

COPG_COROUTINE_TEST(reads_inside_a_transaction_of_the_primary_join_it) {
    auto const set = co_await make_set(shared_pair().dsn(), by_hand());
    co_await set.check();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await set.primary().execute("create table unseen (id int)");
        co_await set.primary().execute("insert into unseen values (1), (2)");
        auto const rows =
            co_await set.reads().fetch_one<std::int64_t>("select count(*) from unseen");
        BOOST_TEST(rows == 2);
        auto const outside = [&] { return port_of(set.reads()); };
        auto const port = co_await copg::without_transaction(outside);
        BOOST_TEST(port == shared_pair().standby.port());
        throw std::runtime_error{"no"};
    };
    auto const end = co_await end_of(copg::transaction(set.primary(), body));
    BOOST_TEST(end.message == "no");
    auto const port = co_await port_of(set.reads());
    BOOST_TEST(port == shared_pair().standby.port());
}

COPG_COROUTINE_TEST(two_sets_of_one_target_do_not_share_a_transaction) {
    auto const one = co_await make_set(shared_pair().dsn(), by_hand());
    auto const other = co_await make_set(shared_pair().dsn(), by_hand());
    auto const body = [&]() -> asio::awaitable<void> {
        co_await one.primary().execute("create temporary table mine (id int)");
        auto const seen = co_await end_of(other.primary().execute("select from mine"));
        BOOST_TEST((seen.code == copg::sqlstate::undefined_table));
    };
    co_await copg::transaction(one.primary(), body);
}

COPG_COROUTINE_TEST(before_the_first_check_reads_go_to_the_primary) {
    auto const set = co_await make_set(shared_pair().dsn(), by_hand());
    BOOST_TEST((set.status()[1].health == health_state::unknown));
    auto const port = co_await port_of(set.reads());
    BOOST_TEST(port == shared_pair().primary.port());
}

COPG_COROUTINE_TEST(the_checks_run_by_themselves_for_as_long_as_any_handle_is_there) {
    auto options = by_hand();
    options.check_interval = 5ms;
    std::optional<replica_set> set;
    auto made = co_await make_set(shared_pair().dsn(), options);
    set.emplace(std::move(made));
    auto const reads = set->reads();
    set.reset();
    auto const at_the_standby = [&]() -> asio::awaitable<bool> {
        auto const port = co_await port_of(reads);
        co_return port == shared_pair().standby.port();
    };
    co_await eventually_answers(at_the_standby);
}

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

COPG_COROUTINE_TEST(reads_that_may_not_go_to_the_primary_fail_without_a_standby) {
    auto options = by_hand();
    options.read_from_primary = false;
    auto const set = co_await make_set(cluster().tcp_dsn(), options);
    co_await set.check();
    auto const end = co_await end_of(set.reads().ping());
    BOOST_TEST((end.code == errc::no_member_available));
    auto const body = [&] { return set.reads().ping(); };
    co_await copg::transaction(set.primary(), body);
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
    auto const set = co_await make_set(hosts_dsn({first.port(), second.port()}), by_hand());
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
    auto const set = co_await make_set(hosts_dsn({first.port(), second.port()}), by_hand());
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
    auto const set = co_await make_set(hosts_dsn({first.port(), second.port()}), by_hand());
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

COPG_COROUTINE_TEST(a_node_that_does_not_answer_does_not_hold_up_what_is_known_of_others) {
    fault_proxy proxy{cluster().port()};
    faults silent;
    silent.black_hole = true;
    proxy.set(silent);
    auto options = by_hand();
    options.check_timeout = 50ms;
    auto const set = co_await make_set(hosts_dsn({cluster().port(), proxy.port()}), options);
    co_await set.check();
    BOOST_TEST((set.status()[0].role == node_role::primary));
    BOOST_TEST((set.status()[1].health == health_state::degraded));
    BOOST_TEST(set.status()[1].last_error.find("deadline") != std::string::npos);
}

COPG_COROUTINE_TEST(closing_the_set_ends_its_checks_and_closes_its_pools) {
    auto options = by_hand();
    options.check_interval = 1ms;
    auto const set = co_await make_set(shared_pair().dsn(), options);
    co_await set.check();
    co_await set.reads().ping();
    set.close();
    set.close();
    auto const writing = co_await end_of(set.primary().ping());
    auto const reading = co_await end_of(set.reads().ping());
    BOOST_TEST((writing.code == errc::pool_closed));
    BOOST_TEST((reading.code == errc::pool_closed));
    BOOST_TEST((set.status()[0].health == health_state::disconnected));
    co_await set.check();
}

COPG_COROUTINE_TEST(a_set_that_goes_in_the_middle_of_a_check_leaves_nothing_running) {
    fault_proxy proxy{cluster().port()};
    faults silent;
    silent.black_hole = true;
    proxy.set(silent);
    auto options = by_hand();
    options.check_interval = 1ms;
    options.check_timeout = 1h; // a loop that this keeps running fails the test
    auto const target = copg::connect_options{hosts_dsn({proxy.port()})}.timeout(1h);
    auto const executor = co_await asio::this_coro::executor;
    std::optional<replica_set> set{
        std::in_place, executor, target, copg::session{}, copg::pool_options{}, options};
    co_await eventually([&] { return proxy.connections() > 0; });
    set.reset();
}

BOOST_AUTO_TEST_CASE(a_loop_that_is_destroyed_in_the_middle_of_a_check_leaves_nothing_behind) {
    fault_proxy proxy{cluster().port()};
    faults silent;
    silent.black_hole = true;
    proxy.set(silent);
    asio::io_context loop;
    auto options = by_hand();
    options.check_interval = 1ms;
    replica_set const set{
        loop.get_executor(), hosts_dsn({proxy.port(), proxy.port()}), {}, {}, options};
    asio::co_spawn(loop, set.check(), asio::detached);
    while (proxy.connections() < 2)
        loop.run_one();
    BOOST_TEST((set.status()[0].health == health_state::unknown));
}

COPG_COROUTINE_TEST(no_text_holds_the_password) {
    auto const set = co_await make_set(
        "host=127.0.0.1,127.0.0.1 port=1,2 user=app password=s3cret dbname=shop", by_hand());
    co_await set.check();
    for (auto const& node : set.status()) {
        BOOST_TEST(node.dsn.find("password=***") != std::string::npos, node.dsn);
        BOOST_TEST(node.dsn.find("s3cret") == std::string::npos);
        BOOST_TEST(node.last_error.find("refused") != std::string::npos, node.last_error);
        BOOST_TEST(node.last_error.find("s3cret") == std::string::npos);
    }
    BOOST_TEST(set.primary().key().describe().find("s3cret") == std::string::npos);
}

COPG_COROUTINE_TEST(options_that_make_no_sense_are_refused_by_name) {
    auto options = by_hand();
    options.check_timeout = 0ms;
    options.maximum_lag = -1ms;
    auto const end = co_await end_of(make_set(cluster().dsn(), options));
    BOOST_TEST((end.code == errc::invalid_configuration));
    for (auto const* name : {"check_timeout", "maximum_lag"})
        BOOST_TEST(end.message.find(name) != std::string::npos, end.message);
}

BOOST_AUTO_TEST_SUITE_END()
