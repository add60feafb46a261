// SPDX-License-Identifier: BSL-1.0
#include "base/alarm_clock.hpp"

#include <boost/test/unit_test.hpp>

#include <future>
#include <vector>

using namespace std::chrono_literals;
using copg::detail::alarm_clock;
using std::chrono::steady_clock;

BOOST_AUTO_TEST_SUITE(test_alarm_clock)

BOOST_AUTO_TEST_CASE(alarms_ring_in_the_order_of_their_times_not_of_their_setting) {
    auto& clock = alarm_clock::shared();
    auto const now = steady_clock::now();
    std::vector<int> order; // written by the clock's thread, read after the last alarm
    std::promise<void> last;
    clock.call_at(now + 30ms, [&] {
        order.push_back(3);
        last.set_value();
    });
    clock.call_at(now + 20ms, [&] { order.push_back(2); });
    clock.call_at(now - 1s, [&] { order.push_back(1); });
    last.get_future().wait();
    BOOST_TEST(order == (std::vector<int>{1, 2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_cancelled_alarm_does_not_ring_and_lets_go_of_what_it_holds) {
    auto& clock = alarm_clock::shared();
    auto const held = std::make_shared<bool>(false);
    auto const alarm = clock.call_at(steady_clock::now() + 1h, [held] { *held = true; });
    BOOST_TEST(held.use_count() == 2);
    clock.cancel(alarm);
    BOOST_TEST(held.use_count() == 1);
    clock.cancel(alarm);
    clock.cancel(0);
    BOOST_TEST(!*held);
}

BOOST_AUTO_TEST_CASE(cancelling_waits_for_a_call_that_is_under_way) {
    auto& clock = alarm_clock::shared();
    std::promise<void> begun;
    std::promise<void> go_on;
    auto ended = false; // guarded by the wait in cancel()
    auto const alarm = clock.call_at(steady_clock::now(), [&] {
        begun.set_value();
        go_on.get_future().wait();
        ended = true;
    });
    begun.get_future().wait();
    auto helper = std::async(std::launch::async, [&] { go_on.set_value(); });
    clock.cancel(alarm);
    BOOST_TEST(ended);
    helper.wait();
}

BOOST_AUTO_TEST_SUITE_END()
