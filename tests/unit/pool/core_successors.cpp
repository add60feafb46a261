// SPDX-License-Identifier: BSL-1.0
// What is replaced ahead of its end.
#include "support/scripted_core.hpp"

using namespace copg::test;

BOOST_AUTO_TEST_SUITE(test_pool_core_successors)

BOOST_AUTO_TEST_CASE(the_last_of_the_minimum_has_its_successor_before_it_expires) {
    auto options = pool_of(3, 2);
    options.lifetime = 10min;
    options.lifetime_jitter = 0;
    options.idle_time = 0ms;
    options.health_interval = 0ms;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(2);
    BOOST_TEST((pool.core.next_event() == pool.now + 9min + 30s));
    pool.pass(9min + 29s);
    BOOST_TEST(pool.connects() == 0u);
    pool.pass(1s);
    BOOST_TEST(pool.connects() == 1u); // there is room for one
    BOOST_TEST(pool.sweep().empty());
    BOOST_TEST(pool.connect() != nullptr);
    BOOST_TEST(pool.sweep() == "lifetime");
    BOOST_TEST(pool.connects() == 1u); // for the other one
    BOOST_TEST(pool.connect() != nullptr);
    BOOST_TEST(pool.sweep() == "lifetime");
    BOOST_TEST(pool.connects() == 0u);
    BOOST_TEST(pool.statistics().idle == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_above_the_minimum_has_no_successor) {
    auto options = pool_of(4);
    options.lifetime = 10min;
    options.lifetime_jitter = 0;
    scripted_core pool{options};
    pool.fill_idle(3);
    pool.pass(9min + 30s);
    BOOST_TEST(pool.connects() == 0u);
    pool.pass(30s);
    BOOST_TEST(pool.sweep() == "lifetime, lifetime, lifetime");
    BOOST_TEST(pool.connects() == 0u);
}

BOOST_AUTO_TEST_CASE(a_successor_is_not_closed_as_one_idle_connection_too_many) {
    auto options = pool_of(3, 1);
    options.maximum_idle = 1;
    options.lifetime = 10min;
    options.lifetime_jitter = 0;
    scripted_core pool{options};
    pool.fill_idle(1);
    pool.pass(9min + 30s);
    BOOST_TEST(pool.connects() == 1u);
    BOOST_TEST(pool.connect() != nullptr);
    BOOST_TEST(pool.sweep() == "lifetime");
    BOOST_TEST(pool.connects() == 0u);
}

BOOST_AUTO_TEST_CASE(each_of_the_minimum_has_its_successor_even_if_another_one_is_lost) {
    auto options = pool_of(10, 3);
    options.lifetime = 10min;
    options.lifetime_jitter = 0;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(4);
    pool.pass(9min + 30s); // one is above the minimum, and needs no successor
    BOOST_TEST(pool.core.needs_connections() == false);
    pool.lose(*slots[3]);
    pool.lose(*slots[2]);
    BOOST_TEST(pool.connects() == 1u); // for the minimum
    pool.connect();
    BOOST_TEST(pool.sweep() == "");
}

BOOST_AUTO_TEST_CASE(only_those_that_count_for_the_minimum_are_replaced_ahead) {
    auto options = pool_of(10, 1);
    options.lifetime = 10min;
    options.lifetime_jitter = 0;
    options.connect_concurrency = 1;
    scripted_core pool{options};
    auto const slots = pool.fill(2);
    pool.give(*slots[0]);
    pool.pass(9min + 30s); // the idle one is the last one, as far as can be seen
    pool.give(*slots[1]);
    BOOST_TEST(pool.connects() == 1u);
    pool.lose(*slots[1]);
    pool.connect();
    BOOST_TEST(pool.sweep() == "lifetime");
    BOOST_TEST(pool.statistics().idle == 1u);
    BOOST_TEST(pool.connects() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_closing_needs_no_successor) {
    auto options = pool_at_rest(5, 1);
    options.lifetime = 10min;
    options.lifetime_jitter = 0;
    scripted_core pool{options};
    pool.fill_idle(2);
    pool.core.resize(1, 1);
    auto const due = pool.core.next_to_close(pool.now); // which takes very long
    pool.core.resize(1, 5);
    pool.pass(9min + 30s);
    BOOST_TEST(pool.connects() == 1u); // for the one that stays
    pool.connect();
    BOOST_TEST(pool.sweep() == "lifetime");
    pool.core.remove(*due.slot, due.reason, pool.now);
    BOOST_TEST(pool.connects() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
