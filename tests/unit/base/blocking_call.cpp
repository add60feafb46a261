// SPDX-License-Identifier: BSL-1.0
#include "base/blocking_call.hpp"

#include "support/coroutine_test.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include <atomic>
#include <future>
#include <optional>
#include <thread>

namespace asio = boost::asio;
using copg::detail::blocking_call;
using copg::detail::helper_threads;
using namespace copg::test;

namespace {

constexpr auto long_enough = 60s;

/// Work that hangs until it is let go.
struct hanging_work {
    std::atomic<bool> begun = false;
    std::atomic<bool> ended = false;
    std::promise<void> release;

    std::function<void()> work() {
        return [this, released = release.get_future().share()] {
            begun = true;
            released.wait();
            ended = true;
        };
    }
};

asio::awaitable<void> run_call(std::shared_ptr<blocking_call> call,
                               std::optional<blocking_call::outcome>& how) {
    auto const outcome = co_await call->run();
    how = outcome;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_blocking_call)

COPG_COROUTINE_TEST(work_is_done_elsewhere_and_the_coroutine_goes_on_at_home) {
    helper_threads helpers{1, 8};
    auto const home = std::this_thread::get_id();
    std::thread::id where;
    auto const call =
        std::make_shared<blocking_call>(helpers, [&where] { where = std::this_thread::get_id(); });
    auto const how = co_await call->run();
    BOOST_TEST((how == blocking_call::outcome::done));
    BOOST_TEST((where != std::thread::id{}));
    BOOST_TEST((where != home));
    BOOST_TEST((std::this_thread::get_id() == home));
}

COPG_COROUTINE_TEST(what_the_work_throws_reaches_the_coroutine) {
    helper_threads helpers{1, 8};
    auto const call = std::make_shared<blocking_call>(
        helpers, [] { throw copg::error{copg::errc::connect_failed, "no luck"}; });
    auto const end = co_await end_of(call->run());
    BOOST_TEST((end.code == copg::errc::connect_failed));
}

COPG_COROUTINE_TEST(work_is_gone_before_the_coroutine_goes_on) {
    helper_threads helpers{1, 8};
    auto const owned = std::make_shared<int>();
    auto const call = std::make_shared<blocking_call>(helpers, [owned] { ++*owned; });
    co_await call->run();
    BOOST_TEST(owned.use_count() == 1);
}

COPG_COROUTINE_TEST(a_stop_or_a_cancellation_ends_the_wait_while_the_work_hangs) {
    helper_threads helpers{2, 8};
    auto const executor = co_await asio::this_coro::executor;
    for (auto const by_signal : {false, true}) {
        hanging_work hanging;
        auto const call = std::make_shared<blocking_call>(helpers, hanging.work());
        std::optional<blocking_call::outcome> how;
        asio::cancellation_signal signal;
        asio::co_spawn(executor,
                       run_call(call, how),
                       asio::bind_cancellation_slot(signal.slot(), asio::detached));
        co_await eventually([&] { return hanging.begun.load(); });
        if (by_signal)
            signal.emit(asio::cancellation_type::terminal);
        else
            call->stop();
        co_await eventually([&] { return how.has_value(); });
        BOOST_TEST((how == blocking_call::outcome::stopped));
        BOOST_TEST(!hanging.ended);
        hanging.release.set_value();
        co_await eventually([&] { return hanging.ended.load(); });
    }
    BOOST_TEST(helpers.settle(long_enough));
}

COPG_COROUTINE_TEST(work_that_waits_for_a_thread_is_dropped_when_it_is_stopped) {
    helper_threads helpers{1, 8};
    hanging_work hanging;
    helpers.submit(hanging.work());
    auto const owned = std::make_shared<int>();
    auto const call = std::make_shared<blocking_call>(helpers, [owned] { ++*owned; });
    std::optional<blocking_call::outcome> how;
    asio::co_spawn(co_await asio::this_coro::executor, run_call(call, how), asio::detached);
    co_await yield();
    call->stop();
    BOOST_TEST(owned.use_count() == 1);
    co_await eventually([&] { return how.has_value(); });
    BOOST_TEST((how == blocking_call::outcome::stopped));
    hanging.release.set_value();
    BOOST_TEST(helpers.settle(long_enough));
    BOOST_TEST(*owned == 0);
}

COPG_COROUTINE_TEST(a_full_queue_is_told_at_once) {
    helper_threads helpers{1, 0};
    hanging_work hanging;
    helpers.submit(hanging.work());
    co_await eventually([&] { return hanging.begun.load(); });
    auto const call = std::make_shared<blocking_call>(helpers, [] {});
    auto const how = co_await call->run();
    BOOST_TEST((how == blocking_call::outcome::refused));
    hanging.release.set_value();
    BOOST_TEST(helpers.settle(long_enough));
}

BOOST_AUTO_TEST_CASE(a_loop_may_be_destroyed_as_soon_as_the_coroutine_went_on) {
    helper_threads helpers{2, 8};
    for (int round = 0; round < 500; ++round) {
        asio::io_context loop;
        std::optional<blocking_call::outcome> how;
        auto const call = std::make_shared<blocking_call>(helpers, [] {});
        asio::co_spawn(asio::make_strand(loop), run_call(call, how), asio::detached);
        loop.run();
        BOOST_TEST((how == blocking_call::outcome::done));
    }
    BOOST_TEST(helpers.settle(long_enough));
}

BOOST_AUTO_TEST_CASE(a_loop_is_destroyed_while_the_work_hangs) {
    helper_threads helpers{1, 8};
    hanging_work hanging;
    std::optional<blocking_call::outcome> how;
    auto const call = std::make_shared<blocking_call>(helpers, hanging.work());
    {
        asio::io_context loop;
        asio::co_spawn(loop, run_call(call, how), asio::detached);
        while (!hanging.begun)
            loop.poll_one();
    }
    hanging.release.set_value();
    BOOST_TEST(helpers.settle(long_enough));
    BOOST_TEST(!how.has_value());
    BOOST_TEST(call.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()
