// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/pools.hpp"

#include <copg/manager/monitor.hpp>

#include <optional>

using namespace copg::test;
using copg::errc;
using copg::monitor;
using copg::named_statistics;
using copg::pool_report;

namespace {

using reports = std::vector<pool_report>;

std::vector<named_statistics> one_pool() {
    copg::pool_statistics of;
    of.open = 1;
    return {named_statistics{"main", of}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_monitor)

COPG_COROUTINE_TEST(a_report_tells_of_each_pool_what_is_now_and_what_was_since_the_last_one) {
    auto const executor = co_await asio::this_coro::executor;
    auto const first = co_await make_pool(cluster().dsn(), at_most(1));
    auto const second = co_await make_pool(cluster().dsn(), at_most(1));
    co_await first.ping();
    auto const source = [&] {
        return std::vector{named_statistics{"first", first.statistics()},
                           named_statistics{"second", second.statistics()}};
    };
    std::uint64_t acquired = 0;
    std::uint64_t before = 0;
    std::optional<reports> last;
    auto const sink = [&](reports const& round) {
        before = acquired;
        acquired += round[0].change.acquired;
        last = round;
    };
    monitor const watching{executor, source, 1ms, sink};
    watching.start();
    co_await eventually([&] { return last.has_value(); });
    BOOST_TEST_REQUIRE(last->size() == 2u);
    BOOST_TEST(last->at(0).name == "first");
    BOOST_TEST(last->at(0).now.idle == 1u);
    BOOST_TEST(last->at(1).name == "second");
    BOOST_TEST(last->at(1).now.open == 0u);
    BOOST_TEST((last->at(0).elapsed >= 1ms));
    for (int i = 0; i < 20; ++i)
        co_await first.ping();
    co_await eventually([&] { return acquired == 20; }); // the one before start() is not in it
    auto const round = watching.reports();
    co_await eventually([&] { return watching.reports() > round + 1; });
    BOOST_TEST(acquired == 20u);
    watching.stop();
}

COPG_COROUTINE_TEST(a_monitor_may_be_stopped_and_started_any_number_of_times) {
    auto const executor = co_await asio::this_coro::executor;
    monitor const watching{executor, one_pool, 1ms, [](reports const&) {}};
    watching.stop();
    for (int i = 0; i < 3; ++i) {
        auto const before = watching.reports();
        watching.start();
        watching.start();
        BOOST_TEST(watching.is_started());
        co_await eventually([&] { return watching.reports() > before + 1; });
        watching.stop();
        watching.stop();
        BOOST_TEST(!watching.is_started());
    }
    watching.start();
    watching.stop();
    watching.start();
    auto const before = watching.reports();
    co_await eventually([&] { return watching.reports() > before; });
    watching.stop();
} // nothing keeps the loop running

COPG_COROUTINE_TEST(a_sink_may_stop_its_monitor_and_start_it_again) {
    auto const executor = co_await asio::this_coro::executor;
    monitor* self = nullptr;
    int rounds = 0;
    monitor watching{executor, one_pool, 1ms, [&](reports const&) {
                         ++rounds;
                         self->stop();
                         if (rounds < 3)
                             self->start();
                     }};
    self = &watching;
    watching.start();
    co_await eventually([&] { return rounds == 3 && watching.reports() == 3; });
    BOOST_TEST(!watching.is_started());
    for (int i = 0; i < 10; ++i)
        co_await yield();
    BOOST_TEST(rounds == 3);
}

COPG_COROUTINE_TEST(a_sink_or_source_that_throws_ends_its_round_and_nothing_else) {
    auto const executor = co_await asio::this_coro::executor;
    int asked = 0;
    int rounds = 0;
    auto const source = [&] {
        if (++asked == 2)
            throw std::runtime_error{"source"};
        return one_pool();
    };
    auto const sink = [&](reports const&) {
        if (++rounds == 2)
            throw std::runtime_error{"sink"};
    };
    monitor const watching{executor, source, 1ms, sink};
    BOOST_TEST((watching.last_failure() == nullptr));
    watching.start();
    co_await eventually([&] { return watching.reports() >= 3; });
    watching.stop();
    BOOST_TEST(watching.failures() == 2u);
    BOOST_TEST(describe(watching.last_failure()).message == "sink");
    BOOST_TEST(watching.reports() + 1 == static_cast<std::uint64_t>(rounds));
}

BOOST_AUTO_TEST_CASE(the_last_handle_stops_it_and_the_loop_runs_out_of_work) {
    asio::io_context loop;
    int rounds = 0;
    std::optional<monitor> watching{
        std::in_place, loop.get_executor(), one_pool, 1ms, [&](reports const&) { ++rounds; }};
    watching->start();
    while (rounds == 0)
        loop.run_one();
    std::optional<monitor> copy{*watching};
    watching.reset();
    BOOST_TEST(copy->is_started());
    copy.reset();
    loop.run_for(30s);
    BOOST_TEST(loop.stopped(), "something keeps the loop running");
}

BOOST_AUTO_TEST_CASE(a_monitor_without_source_sink_or_interval_is_refused) {
    asio::io_context loop;
    auto const sink = [](reports const&) {};
    auto const is_invalid = [](copg::error const& e) {
        return e.code() == errc::invalid_configuration;
    };
    auto const executor = loop.get_executor();
    BOOST_CHECK_EXCEPTION((monitor{executor, nullptr, 1ms, sink}), copg::error, is_invalid);
    BOOST_CHECK_EXCEPTION((monitor{executor, one_pool, 1ms, nullptr}), copg::error, is_invalid);
    BOOST_CHECK_EXCEPTION((monitor{executor, one_pool, 0ms, sink}), copg::error, is_invalid);
}

BOOST_AUTO_TEST_SUITE_END()
