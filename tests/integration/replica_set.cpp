// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/replicas.hpp"

#include <copg/scope/transaction.hpp>

#include <boost/asio/thread_pool.hpp>

#include <atomic>

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

constexpr int rounds = 40;

/// Reads anywhere, writes on the primary, and checks in between.
asio::awaitable<void> use(replica_set set, std::atomic<int>& right) {
    for (int i = 0; i < rounds; ++i) {
        if (i % 10 == 0)
            co_await set.check();
        auto const reading = co_await port_of(set.reads());
        auto const writing = co_await port_of(set.primary());
        if (writing == shared_pair().primary.port() && reading == shared_pair().standby.port())
            ++right;
    }
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

COPG_COROUTINE_TEST(a_node_that_does_not_answer_does_not_hold_up_what_is_known_of_others) {
    fault_proxy proxy{cluster().port()};
    faults silent;
    silent.black_hole = true;
    proxy.set(silent);
    auto options = by_hand();
    options.check_timeout = 50ms;
    auto const set = co_await make_set(hosts_dsn(cluster().port(), proxy.port()), options);
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
    auto const target = copg::connect_options{hosts_dsn(proxy.port())}.timeout(1h);
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
        loop.get_executor(), hosts_dsn(proxy.port(), proxy.port()), {}, {}, options};
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

BOOST_AUTO_TEST_CASE(coroutines_on_any_thread_share_a_set_while_it_is_checked) {
    asio::thread_pool threads{4};
    auto options = by_hand();
    options.check_interval = 1ms;
    std::atomic<int> right = 0;
    {
        replica_set const set{threads.get_executor(), shared_pair().dsn(), {}, {}, options};
        for (int i = 0; i < 8; ++i)
            asio::co_spawn(threads, use(set, right), asio::detached);
    }
    threads.join();
    BOOST_TEST(right == 8 * rounds);
}

BOOST_AUTO_TEST_SUITE_END()
