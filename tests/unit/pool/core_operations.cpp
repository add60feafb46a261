// SPDX-License-Identifier: BSL-1.0
// What is done to a pool as a whole.
#include "support/scripted_core.hpp"

using namespace copg::test;
using copg::close_reason;

BOOST_AUTO_TEST_SUITE(test_pool_core_operations)

BOOST_AUTO_TEST_CASE(a_smaller_maximum_closes_idle_connections_now_and_others_when_they_come_back) {
    scripted_core pool{pool_at_rest(4)};
    auto const slots = pool.fill(4);
    pool.give(*slots[3]);
    pool.core.resize(0, 2);
    BOOST_TEST(pool.sweep() == "resized");
    BOOST_TEST(pool.give(*slots[0]) == "resized");
    BOOST_TEST(pool.give(*slots[1]) == "");
    BOOST_TEST(pool.give(*slots[2]) == "");
    BOOST_TEST(pool.statistics().maximum == 2u);
}

BOOST_AUTO_TEST_CASE(connections_that_are_closing_do_not_count_twice_when_the_maximum_falls) {
    scripted_core pool{pool_at_rest(4)};
    pool.fill_idle(4);
    pool.core.resize(0, 2);
    auto const first = pool.core.next_to_close(pool.now);
    auto const second = pool.core.next_to_close(pool.now);
    BOOST_TEST(pool.core.next_to_close(pool.now).slot == nullptr);
    BOOST_TEST(pool.statistics().closing == 2u);
    BOOST_TEST(pool.give(*pool.take()) == "");
    pool.core.remove(*first.slot, first.reason, pool.now);
    pool.core.remove(*second.slot, second.reason, pool.now);
    BOOST_TEST(pool.give(*pool.take()) == "");
    BOOST_TEST(pool.statistics().open == 2u);
}

BOOST_AUTO_TEST_CASE(a_larger_maximum_and_minimum_are_used_at_once) {
    scripted_core pool{pool_at_rest(1)};
    pool.fill(1);
    pool.wait();
    BOOST_TEST(pool.connects() == 0u);
    pool.core.resize(2, 3);
    BOOST_TEST(pool.connects() == 1u);
    pool.connect();
    BOOST_TEST(pool.grant() != nullptr);
    pool.connects();
    pool.core.resize(3, 3);
    BOOST_TEST(pool.connects() == 1u);
}

BOOST_AUTO_TEST_CASE(a_paused_pool_grants_nothing_and_keeps_what_waits) {
    scripted_core pool{pool_at_rest(2)};
    auto const slots = pool.fill(2);
    pool.give(*slots[0]);
    pool.core.pause(true, pool.now);
    BOOST_TEST(pool.core.is_paused());
    BOOST_TEST(pool.take() == nullptr);
    auto& waiter = pool.wait();
    pool.give(*slots[1]);
    BOOST_TEST(pool.grant() == nullptr);
    BOOST_TEST(pool.connects() == 0u);
    pool.core.pause(false, pool.now);
    BOOST_TEST(pool.grant() == &waiter);
}

BOOST_AUTO_TEST_CASE(a_refresh_retires_every_connection_the_idle_ones_at_once) {
    scripted_core pool{pool_at_rest(3, 1)};
    auto const slots = pool.fill(3);
    pool.give(*slots[0]);
    pool.core.pause(true, pool.now);
    pool.core.refresh();
    BOOST_TEST(pool.sweep() == "refreshed");
    pool.core.pause(false, pool.now);
    BOOST_TEST(pool.give(*slots[1]) == "refreshed");
    BOOST_TEST(pool.connects() == 0u); // one stands still, old as it is
    BOOST_TEST(pool.give(*slots[2]) == "refreshed");
    BOOST_TEST(pool.connects() == 1u);
    BOOST_TEST(pool.connect() != nullptr);
    BOOST_TEST(pool.sweep() == "");
}

BOOST_AUTO_TEST_CASE(a_closed_pool_grants_nothing_makes_nothing_and_lets_everything_go) {
    auto options = pool_at_rest(3);
    options.health_interval = 30s;
    scripted_core pool{options};
    auto const slots = pool.fill(2);
    pool.give(*slots[0]);
    pool.core.resize(3, 3);
    BOOST_TEST(pool.connects() == 1u);
    pool.pass(1min);
    pool.core.close();
    BOOST_TEST(pool.core.next_to_check(pool.now) == nullptr);
    BOOST_TEST(pool.take() == nullptr);
    BOOST_TEST(pool.sweep() == "pool closed");
    BOOST_TEST(pool.connect() == nullptr);
    BOOST_TEST(pool.give(*slots[1]) == "pool closed");
    BOOST_TEST(pool.connects() == 0u);
    BOOST_TEST(!pool.core.needs_connections());
    BOOST_TEST(pool.statistics().closed(close_reason::pool_closed) == 3u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_lost_while_idle_is_found_by_its_identity) {
    scripted_core pool{pool_at_rest(2)};
    auto const slots = pool.fill(2);
    BOOST_TEST(pool.core.find_idle(nullptr) == nullptr); // in use: whoever has it will see
    pool.give(*slots[1]);
    BOOST_TEST(pool.core.find_idle(nullptr) == slots[1]);
    pool.lose(*slots[1]);
    BOOST_TEST(pool.core.find_idle(nullptr) == nullptr);
    BOOST_TEST(pool.statistics().closed(close_reason::lost) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
