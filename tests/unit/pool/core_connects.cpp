// SPDX-License-Identifier: BSL-1.0
// How many connections are made, and when.
#include "support/scripted_core.hpp"

using namespace copg::test;
using copg::close_reason;
using copg::pool_options;

namespace {

void press(scripted_core& pool, int count) {
    for (int i = 0; i < count; ++i)
        pool.wait();
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_core_connects)

BOOST_AUTO_TEST_CASE(the_minimum_is_kept_open_without_waiters) {
    scripted_core pool{pool_of(5, 3)};
    BOOST_TEST(pool.connects() == 3u);
    BOOST_TEST(pool.core.needs_connections());
    for (int i = 0; i < 3; ++i)
        pool.connect();
    BOOST_TEST(pool.connects() == 0u);
    BOOST_TEST(!pool.core.needs_connections());
    pool.lose(*pool.take());
    BOOST_TEST(pool.connects() == 1u);
}

BOOST_AUTO_TEST_CASE(the_first_connects_are_bounded_by_the_maximum_and_by_the_concurrency) {
    auto options = pool_of(6);
    options.connect_concurrency = 4;
    scripted_core pool{options};
    press(pool, 100);
    BOOST_TEST(pool.connects() == 4u);
    BOOST_TEST(pool.connects() == 0u);
    pool.connect();
    BOOST_TEST(pool.connects() == 1u);
    for (int i = 0; i < 4; ++i)
        pool.connect();
    BOOST_TEST(pool.connects() == 1u);
    pool.connect();
    BOOST_TEST(pool.connects() == 0u);
    BOOST_TEST(pool.core.open() == 6u);
}

BOOST_AUTO_TEST_CASE(
    a_waiter_beside_connections_in_use_starts_one_connect_and_success_brings_more) {
    auto options = pool_of(50);
    options.connect_concurrency = 8;
    scripted_core pool{options};
    pool.fill(1);
    pool.connects(); // calm
    press(pool, 40);
    std::vector<std::size_t> at_once;
    for (std::size_t under_way = 0; at_once.size() < 5;) {
        under_way += pool.connects();
        at_once.push_back(under_way);
        for (; under_way > 1; --under_way)
            pool.connect();
        pool.connect();
        under_way = 0;
    }
    BOOST_TEST(at_once == (std::vector<std::size_t>{1, 2, 8, 8, 8}),
               boost::test_tools::per_element()); // doubled by each success
}

BOOST_AUTO_TEST_CASE(no_more_connects_are_made_for_a_tenant_than_it_may_use) {
    auto options = pool_of(10);
    options.tenant_maxima["a"] = 2;
    scripted_core pool{options};
    for (int i = 0; i < 8; ++i)
        pool.wait("a");
    BOOST_TEST(pool.connects() == 2u);
    pool.wait("b");
    BOOST_TEST(pool.connects() == 1u);
    pool.connect();
    pool.grant();
    BOOST_TEST(pool.connects() == 0u);
}

BOOST_AUTO_TEST_CASE(the_ramp_starts_again_only_when_nothing_is_under_way_either) {
    auto options = pool_of(50);
    options.connect_concurrency = 8;
    for (auto const calm : {false, true}) {
        scripted_core pool{options};
        pool.fill(1);
        pool.connects(); // calm
        press(pool, 4);
        BOOST_TEST(pool.connects() == 1u);
        pool.connect();
        pool.grant();
        BOOST_TEST(pool.connects() == 2u);
        while (pool.core.next_refused(pool.now) != nullptr) {
        }
        BOOST_TEST(pool.connects() == 0u);
        if (calm) {
            pool.connect();
            pool.connect();
            pool.connects();
            while (pool.take() != nullptr) {
            }
        }
        press(pool, 10);
        BOOST_TEST(pool.connects() == (calm ? 1u : 0u));
        pool.connect();
        BOOST_TEST(pool.connects() == (calm ? 2u : 3u)); // 2, or 4 of which one is under way
    }
}

BOOST_AUTO_TEST_CASE(a_pool_without_connections_makes_its_first_ones_as_fast_as_may_be) {
    auto options = pool_of(10);
    options.connect_concurrency = 4;
    scripted_core pool{options};
    auto* const only = pool.fill_idle(1).front();
    press(pool, 1);
    pool.grant();
    press(pool, 9);
    BOOST_TEST(pool.connects() == 1u); // it is not known whether more are needed
    pool.core.connect_abandoned();
    pool.lose(*only);
    BOOST_TEST(pool.connects() == 4u);
}

BOOST_AUTO_TEST_CASE(connects_end_with_the_need_for_them) {
    scripted_core pool{pool_of(10)};
    auto const slots = pool.fill(2);
    press(pool, 3);
    pool.give(*slots[0]);
    pool.grant();
    pool.give(*slots[1]);
    pool.grant();
    BOOST_TEST(pool.connects() == 1u); // one is left who waits
    pool.connect();
    BOOST_TEST(pool.grant() != nullptr);
    BOOST_TEST(pool.connects() == 0u);
}

BOOST_AUTO_TEST_CASE(a_connect_outlives_the_cancelled_waiter_that_caused_it) {
    scripted_core pool{pool_of(1)};
    auto& waiter = pool.wait();
    BOOST_TEST(pool.connects() == 1u);
    pool.withdraw(waiter);
    auto* const made = pool.connect();
    BOOST_TEST(pool.statistics().idle == 1u);
    BOOST_TEST(pool.take() == made);
}

BOOST_AUTO_TEST_CASE(a_connection_made_for_an_old_target_is_closed_at_once) {
    scripted_core pool{pool_of(2)};
    auto& waiter = pool.wait();
    BOOST_TEST(pool.connects() == 1u);
    auto const before = pool.core.generation();
    BOOST_TEST(pool.core.refresh() != before);
    BOOST_TEST(pool.connect(before) == nullptr);
    BOOST_TEST(pool.statistics().closed(close_reason::refreshed) == 1u);
    BOOST_TEST(pool.grant() == nullptr);
    BOOST_TEST(pool.connects() == 1u); // another one for whoever waits
    pool.connect();
    BOOST_TEST(pool.grant() == &waiter);
}

BOOST_AUTO_TEST_CASE(nothing_is_tried_for_waiters_of_a_paused_pool_but_its_minimum_is) {
    scripted_core pool{pool_of(5, 1)};
    pool.core.pause(true, pool.now);
    press(pool, 3);
    BOOST_TEST(pool.connects() == 1u);
    pool.connect();
    BOOST_TEST(pool.connects() == 0u);
    BOOST_TEST(pool.grant() == nullptr);
    pool.core.pause(false, pool.now);
    BOOST_TEST(pool.connects() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
