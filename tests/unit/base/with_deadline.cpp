// SPDX-License-Identifier: BSL-1.0
#include "support/coroutine_test.hpp"

#include <copg/base/with_deadline.hpp>

#include <boost/asio/steady_timer.hpp>

using namespace copg::test;
using copg::errc;

namespace {

asio::awaitable<int> sleep_for(std::chrono::milliseconds time, int value) {
    asio::steady_timer timer{co_await asio::this_coro::executor, time};
    co_await timer.async_wait(asio::use_awaitable);
    co_return value;
}

asio::awaitable<int> fail() {
    throw std::runtime_error{"failed"};
    co_return 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_with_deadline)

COPG_COROUTINE_TEST(what_ends_in_time_is_returned) {
    auto const value = co_await copg::with_deadline(50s, sleep_for(1ms, 7));
    BOOST_TEST(value == 7);
}

COPG_COROUTINE_TEST(what_does_not_end_in_time_is_cancelled) {
    auto const end = co_await end_of(copg::with_deadline(1ms, sleep_for(50s, 7)));
    BOOST_TEST((end.code == errc::deadline_exceeded));
}

COPG_COROUTINE_TEST(what_the_operation_throws_is_thrown) {
    auto const end = co_await end_of(copg::with_deadline(50s, fail()));
    BOOST_TEST(end.message == "failed");
}

COPG_COROUTINE_TEST(a_cancellation_of_the_caller_reaches_the_operation) {
    auto const executor = co_await asio::this_coro::executor;
    asio::cancellation_signal signal;
    ending end;
    auto over = false;
    asio::co_spawn(
        executor,
        end_of(copg::with_deadline(50s, sleep_for(50s, 7))),
        asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, ending seen) {
            end = std::move(seen);
            over = true;
        }));
    co_await yield();
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return over; });
    BOOST_TEST((end.code == std::errc::operation_canceled));
}

COPG_COROUTINE_TEST(deadlines_can_be_nested) {
    auto inner = copg::with_deadline(50s, sleep_for(50s, 7));
    auto const end = co_await end_of(copg::with_deadline(1ms, std::move(inner)));
    BOOST_TEST((end.code == errc::deadline_exceeded));
}

BOOST_AUTO_TEST_SUITE_END()
