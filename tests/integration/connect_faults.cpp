// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/recorder.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/driver/connection.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <atomic>
#include <thread>

using namespace copg::test;
using copg::connection;
using copg::errc;
using copg::sqlstate;

BOOST_AUTO_TEST_SUITE(test_connect_faults)

COPG_COROUTINE_TEST(a_refused_connection_is_connect_failed_with_the_cause) {
    auto const end = co_await end_of(connection::connect("host=127.0.0.1 port=1 user=app"));
    BOOST_TEST((end.code == errc::connect_failed));
    BOOST_TEST(end.message.find("refused") != std::string::npos);
}

COPG_COROUTINE_TEST(an_unknown_host_is_connect_failed_with_its_name) {
    auto const end = co_await end_of(connection::connect("host=no-such-host.invalid user=app"));
    BOOST_TEST((end.code == errc::connect_failed));
    BOOST_TEST(end.message.find("no-such-host.invalid") != std::string::npos);
}

COPG_COROUTINE_TEST(a_server_that_does_not_answer_is_given_up_after_the_timeout) {
    fault_proxy proxy{cluster().port()};
    faults silent;
    silent.black_hole = true;
    proxy.set(silent);
    copg::connect_options options{proxy.dsn("postgres")};
    options.timeout(50ms);
    auto const end = co_await end_of(connection::connect(options));
    BOOST_TEST((end.code == errc::connect_timeout));
    BOOST_TEST(end.message.find("50 ms") != std::string::npos);
}

COPG_COROUTINE_TEST(the_loop_serves_others_while_a_server_does_not_answer) {
    fault_proxy proxy{cluster().port()};
    faults silent;
    silent.black_hole = true;
    proxy.set(silent);
    auto const executor = co_await asio::this_coro::executor;
    copg::connect_options options{proxy.dsn("postgres")};
    options.timeout(60s);
    auto ended = false;
    asio::cancellation_signal signal;
    asio::co_spawn(executor,
                   end_of(connection::connect(options)),
                   asio::bind_cancellation_slot(signal.slot(),
                                                [&](std::exception_ptr, auto) { ended = true; }));
    auto other = co_await connection::connect(cluster().dsn().c_str());
    for (int i = 0; i < 100; ++i)
        co_await other.ping();
    BOOST_TEST(!ended);
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return ended; });
}

BOOST_AUTO_TEST_CASE(connects_can_be_cancelled_at_any_moment_on_a_loop_of_several_threads) {
    asio::io_context loop;
    std::atomic<int> ended = 0;
    constexpr int workers = 4;
    constexpr int rounds = 30;
    auto const dsn = cluster().tcp_dsn();
    auto const worker = [&](int number) -> asio::awaitable<void> {
        auto const strand = co_await asio::this_coro::executor;
        for (int round = 0; round < rounds; ++round) {
            asio::cancellation_signal signal;
            auto over = false;
            asio::co_spawn(strand,
                           end_of(connection::connect(dsn.c_str())),
                           asio::bind_cancellation_slot(
                               signal.slot(), [&](std::exception_ptr, ending) { over = true; }));
            asio::steady_timer timer{strand, std::chrono::microseconds{(number + round) * 100}};
            co_await timer.async_wait(asio::use_awaitable);
            signal.emit(asio::cancellation_type::terminal);
            co_await eventually([&] { return over; });
            ++ended;
        }
    };
    std::vector<asio::any_io_executor> strands;
    for (int number = 0; number < workers; ++number) {
        strands.emplace_back(asio::make_strand(loop));
        asio::co_spawn(strands.back(), worker(number), asio::detached);
    }
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&] { loop.run(); });
    threads.clear();
    BOOST_TEST(ended == workers * rounds);
}

COPG_COROUTINE_TEST(the_next_host_is_tried_when_one_refuses) {
    auto const dsn = fmt::format("host=127.0.0.1,127.0.0.1 port=1,{} user=postgres dbname=postgres",
                                 cluster().port());
    auto c = co_await connection::connect(dsn.c_str());
    co_await c.ping();
}

BOOST_AUTO_TEST_CASE(a_wrong_password_is_the_servers_refusal_and_is_never_printed) {
    copg::testing::temporary_cluster const server{
        copg::testing::cluster_options{}.access_rule("host all app 127.0.0.1/32 scram-sha-256")};
    auto const body = [&]() -> asio::awaitable<void> {
        auto admin = co_await connection::connect(server.dsn().c_str());
        co_await admin.execute("create user app password 'right'");
        auto const good =
            fmt::format("postgresql://app:right@127.0.0.1:{}/postgres", server.port());
        auto c = co_await connection::connect(good.c_str());
        co_await c.ping();
        auto const bad =
            fmt::format("postgresql://app:s3cret@127.0.0.1:{}/postgres", server.port());
        auto const seen = std::make_shared<recorder>();
        copg::connect_options options{bad};
        options.observer(seen);
        auto const end = co_await end_of(connection::connect(options));
        BOOST_TEST((end.code == sqlstate::invalid_password));
        BOOST_TEST(end.message.find("s3cret") == std::string::npos);
        BOOST_TEST(seen->failed == 1);
        BOOST_TEST(seen->targets.at(0).find("s3cret") == std::string::npos);
    };
    run(body());
}

BOOST_AUTO_TEST_SUITE_END()
