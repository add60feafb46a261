// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"

#include <copg/driver/connection.hpp>
#include <copg/driver/notification_listener.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

using namespace copg::test;
using copg::connection;
using copg::errc;
using copg::notification;
using copg::notification_listener;

namespace {

copg::listener_options quick() {
    copg::listener_options options;
    options.retry_delay = 5ms;
    options.retry_delay_maximum = 20ms;
    return options;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_listener)

COPG_COROUTINE_TEST(messages_arrive_in_order_with_their_sender) {
    auto const executor = co_await asio::this_coro::executor;
    auto sender = co_await connection::connect(cluster().dsn().c_str());
    notification_listener listener{executor, cluster().dsn().c_str()};
    std::vector<notification> seen;
    auto const keep = [&seen](notification const& received) { seen.push_back(received); };
    co_await listener.listen("jobs", keep);
    BOOST_TEST(listener.is_listening());
    constexpr int messages = 500;
    for (int i = 0; i < messages; ++i)
        co_await sender.execute("select pg_notify('jobs', $1)", std::to_string(i));
    co_await eventually([&] { return seen.size() == messages; });
    for (int i = 0; i < messages; ++i)
        BOOST_REQUIRE(seen[static_cast<std::size_t>(i)].payload == std::to_string(i));
    BOOST_TEST(seen[0].channel == "jobs");
    BOOST_TEST(seen[0].backend_pid == sender.backend_pid());
}

COPG_COROUTINE_TEST(any_text_is_a_channel_name_and_reaches_its_own_handler_only) {
    auto const executor = co_await asio::this_coro::executor;
    auto sender = co_await connection::connect(cluster().dsn().c_str());
    notification_listener listener{executor, cluster().dsn().c_str()};
    std::string odd = R"(Odd "name"; drop table x; -- ä)";
    auto odd_count = 0;
    auto plain_count = 0;
    auto const count_odd = [&](notification const&) { ++odd_count; };
    auto const count_plain = [&](notification const&) { ++plain_count; };
    co_await listener.listen(odd, count_odd);
    co_await listener.listen("plain", count_plain);
    co_await sender.execute("select pg_notify($1, '')", odd);
    co_await sender.execute("notify plain");
    co_await sender.execute("notify other");
    co_await eventually([&] { return odd_count + plain_count == 2; });
    BOOST_TEST(odd_count == 1);
    auto const end = co_await end_of(listener.listen(std::string(64, 'x'), count_plain));
    BOOST_TEST((end.code == errc::value_out_of_range));
}

COPG_COROUTINE_TEST(after_a_loss_it_listens_again_and_tells_of_the_gap) {
    auto const executor = co_await asio::this_coro::executor;
    auto admin = co_await connection::connect(cluster().dsn().c_str());
    auto gaps = 0;
    auto options = quick();
    options.on_gap = [&gaps](std::exception_ptr const& cause) {
        ++gaps;
        BOOST_TEST(!describe(cause).message.empty());
    };
    copg::connect_options const target{cluster().dsn() + " application_name=listening"};
    notification_listener listener{executor, target, options};
    std::vector<std::string> seen;
    auto const keep = [&seen](notification const& received) { seen.push_back(received.payload); };
    co_await listener.listen("one", keep);
    co_await listener.listen("two", keep);
    for (int round = 1; round <= 3; ++round) {
        co_await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where "
                               "application_name = 'listening'");
        co_await eventually([&] { return gaps == round; });
        seen.clear();
        co_await admin.execute("notify one, 'a'");
        co_await admin.execute("notify two, 'b'");
        co_await eventually([&] { return seen.size() == 2; });
        BOOST_TEST((seen == std::vector<std::string>{"a", "b"}));
    }
}

COPG_COROUTINE_TEST(a_handler_that_throws_is_reported_and_disturbs_nothing) {
    auto const executor = co_await asio::this_coro::executor;
    auto sender = co_await connection::connect(cluster().dsn().c_str());
    auto options = quick();
    std::vector<std::string> errors;
    options.on_handler_error = [&errors](std::exception_ptr const& thrown) {
        errors.push_back(describe(thrown).message);
    };
    notification_listener listener{executor, cluster().dsn().c_str(), options};
    auto seen = 0;
    auto const fail = [&seen](notification const&) {
        ++seen;
        throw std::runtime_error{"bad handler"};
    };
    co_await listener.listen("c", fail);
    co_await sender.execute("notify c");
    co_await sender.execute("notify c, 'again'");
    co_await eventually([&] { return seen == 2; });
    BOOST_TEST((errors == std::vector<std::string>{"bad handler", "bad handler"}));
}

COPG_COROUTINE_TEST(after_unlisten_nothing_arrives) {
    auto const executor = co_await asio::this_coro::executor;
    auto sender = co_await connection::connect(cluster().dsn().c_str());
    notification_listener listener{executor, cluster().dsn().c_str()};
    auto off = 0;
    auto on = 0;
    auto const count_off = [&](notification const&) { ++off; };
    auto const count_on = [&](notification const&) { ++on; };
    co_await listener.listen("dropped", count_off);
    co_await listener.listen("kept", count_on);
    co_await listener.unlisten("dropped");
    co_await sender.execute("notify dropped");
    co_await sender.execute("notify kept");
    co_await eventually([&] { return on == 1; });
    BOOST_TEST(off == 0);
}

COPG_COROUTINE_TEST(listen_waits_for_a_server_that_comes_later_and_ends_when_closed) {
    auto const executor = co_await asio::this_coro::executor;
    notification_listener listener{executor, "host=127.0.0.1 port=1 user=nobody", quick()};
    auto const nothing = [](notification const&) {};
    ending end;
    auto over = false;
    asio::co_spawn(
        executor, end_of(listener.listen("c", nothing)), [&](std::exception_ptr, ending seen) {
            end = std::move(seen);
            over = true;
        });
    for (int i = 0; i < 20; ++i)
        co_await yield();
    BOOST_TEST(!over);
    listener.close();
    co_await eventually([&] { return over; });
    BOOST_TEST((end.code == errc::connection_lost));
    auto const late = co_await end_of(listener.listen("d", nothing));
    BOOST_TEST((late.code == errc::connection_lost));
}

COPG_COROUTINE_TEST(a_network_that_is_silently_gone_is_noticed_by_the_heartbeat) {
    fault_proxy proxy{cluster().port()};
    auto const executor = co_await asio::this_coro::executor;
    auto options = quick();
    options.heartbeat = 20ms;
    auto gaps = 0;
    options.on_gap = [&gaps](std::exception_ptr const&) { ++gaps; };
    notification_listener listener{executor, proxy.dsn("postgres").c_str(), options};
    auto const nothing = [](notification const&) {};
    co_await listener.listen("c", nothing);
    proxy.cut_existing_after_answered(1); // at the next heartbeat's answer
    co_await eventually([&] { return proxy.connections() >= 2; });
    proxy.cut_existing_after_answered(1'000'000'000);
    co_await eventually([&] { return gaps >= 1; });
}

COPG_COROUTINE_TEST(a_wait_ends_when_somebody_wants_the_opposite) {
    auto const executor = co_await asio::this_coro::executor;
    notification_listener listener{executor, "host=127.0.0.1 port=1 user=nobody", quick()};
    auto const nothing = [](notification const&) {};
    auto over = false;
    asio::co_spawn(executor,
                   end_of(listener.listen("c", nothing)),
                   [&](std::exception_ptr, ending) { over = true; });
    co_await yield();
    co_await listener.unlisten("c");
    co_await eventually([&] { return over; });
}

BOOST_AUTO_TEST_SUITE_END()
