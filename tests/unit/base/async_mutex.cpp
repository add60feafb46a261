// SPDX-License-Identifier: BSL-1.0
#include "base/async_mutex.hpp"

#include "support/coroutine_test.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <optional>
#include <vector>

namespace asio = boost::asio;
using copg::detail::async_mutex;
using namespace copg::test;

namespace {

asio::awaitable<void>
enter(std::shared_ptr<async_mutex> mutex, std::vector<int>& order, int number) {
    auto const guard = co_await mutex->lock();
    order.push_back(number);
    co_await yield();
    order.push_back(number);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_async_mutex)

COPG_COROUTINE_TEST(waiters_take_turns_in_the_order_in_which_they_came) {
    auto const executor = co_await asio::this_coro::executor;
    auto const mutex = std::make_shared<async_mutex>();
    std::vector<int> order;
    for (int number = 1; number <= 3; ++number)
        asio::co_spawn(executor, enter(mutex, order, number), asio::detached);
    co_await eventually([&] { return order.size() == 6; });
    BOOST_TEST(order == (std::vector{1, 1, 2, 2, 3, 3}), boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(a_cancelled_waiter_leaves_the_others_in_order) {
    auto const executor = co_await asio::this_coro::executor;
    auto const mutex = std::make_shared<async_mutex>();
    std::vector<int> order;
    std::optional<async_mutex::guard> held{co_await mutex->lock()};
    asio::cancellation_signal signal;
    std::exception_ptr ended;
    asio::co_spawn(executor,
                   enter(mutex, order, 1),
                   asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr thrown) {
                       ended = std::move(thrown);
                   }));
    asio::co_spawn(executor, enter(mutex, order, 2), asio::detached);
    co_await yield();
    signal.emit(asio::cancellation_type::terminal);
    held.reset();
    co_await eventually([&] { return order.size() == 2 && ended; });
    BOOST_TEST(order == (std::vector{2, 2}), boost::test_tools::per_element());
    BOOST_TEST((describe(ended).code == std::errc::operation_canceled));
}

BOOST_AUTO_TEST_CASE(waiters_of_a_destroyed_loop_leave_no_trace) {
    auto const mutex = std::make_shared<async_mutex>();
    std::vector<int> order;
    {
        asio::io_context loop;
        asio::co_spawn(loop, enter(mutex, order, 1), asio::detached);
        asio::co_spawn(loop, enter(mutex, order, 2), asio::detached);
        loop.poll();
    }
    run(enter(mutex, order, 3));
    BOOST_TEST(order == (std::vector{1, 3, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
