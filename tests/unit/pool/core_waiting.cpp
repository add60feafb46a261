// SPDX-License-Identifier: BSL-1.0
// Who waits, for how long, and how it ends.
#include "support/scripted_core.hpp"

using namespace copg::test;
using copg::session;

BOOST_AUTO_TEST_SUITE(test_pool_core_waiting)

BOOST_AUTO_TEST_CASE(whoever_holds_a_connection_comes_before_all_who_hold_none) {
    scripted_core pool{pool_of(2)};
    auto const slots = pool.fill(2);
    auto& early = pool.wait("a");
    auto& holder = pool.wait("b", {}, true);
    auto& second_holder = pool.wait("a", {}, true);
    pool.give(*slots[0]);
    BOOST_TEST(pool.grant() == &holder);
    pool.give(*slots[1]);
    BOOST_TEST(pool.grant() == &second_holder);
    pool.give(*second_holder.granted);
    BOOST_TEST(pool.grant() == &early);
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_all_but_those_who_hold_a_connection) {
    auto options = pool_of(1);
    options.wait_queue_limit = 2;
    scripted_core pool{options};
    pool.fill(1);
    auto& first = pool.wait();
    pool.wait();
    pool_waiter third;
    BOOST_TEST(!pool.core.enqueue(third, pool.now));
    BOOST_TEST(!third.queued());
    BOOST_TEST(pool.statistics().queue_full == 1u);
    pool.wait({}, {}, true);
    BOOST_TEST(pool.core.waiting() == 3u);
    pool.withdraw(first);
    BOOST_TEST(!pool.core.enqueue(third, pool.now)); // two are still there
}

BOOST_AUTO_TEST_CASE(waiters_expire_in_the_order_of_their_deadlines_not_of_their_arrival) {
    scripted_core pool{pool_of(1)};
    pool.fill(1);
    auto& late = pool.wait({}, 20ms);
    auto& early = pool.wait({}, 10ms);
    pool.wait();
    BOOST_TEST((pool.core.next_event() == pool.now + 10ms));
    pool.pass(9ms);
    BOOST_TEST(pool.core.next_expired(pool.now) == nullptr);
    pool.pass(1ms);
    BOOST_TEST(pool.core.next_expired(pool.now) == &early);
    BOOST_TEST(pool.core.next_expired(pool.now) == nullptr);
    pool.pass(1h);
    BOOST_TEST(pool.core.next_expired(pool.now) == &late);
    BOOST_TEST(pool.core.next_expired(pool.now) == nullptr);
    BOOST_TEST(pool.statistics().timed_out == 2u);
    BOOST_TEST(pool.core.waiting() == 1u);
}

BOOST_AUTO_TEST_CASE(a_granted_waiter_does_not_expire_and_a_withdrawn_one_is_not_granted) {
    scripted_core pool{pool_of(1)};
    auto const slots = pool.fill(1);
    auto& granted = pool.wait({}, 10ms);
    auto& withdrawn = pool.wait({}, 10ms);
    pool.give(*slots[0]);
    BOOST_TEST(pool.grant() == &granted);
    BOOST_TEST(pool.withdraw(withdrawn));
    BOOST_TEST(!pool.withdraw(withdrawn));
    BOOST_TEST(!pool.withdraw(granted));
    pool.pass(1h);
    BOOST_TEST(pool.core.next_expired(pool.now) == nullptr);
    pool.give(*granted.granted);
    BOOST_TEST(pool.grant() == nullptr);
    BOOST_TEST(pool.statistics().cancelled == 1u);
}

BOOST_AUTO_TEST_CASE(everybody_is_refused_oldest_first) {
    scripted_core pool{pool_of(1)};
    pool.fill(1);
    auto& first = pool.wait("a", 10ms);
    auto& second = pool.wait("b", {}, true);
    auto& third = pool.wait("a");
    pool.pass(5ms);
    for (auto* const expected : {&first, &second, &third})
        BOOST_TEST(pool.core.next_refused(pool.now) == expected);
    BOOST_TEST(pool.core.next_refused(pool.now) == nullptr);
    pool.core.refused();
    BOOST_TEST(pool.statistics().refused == 4u);
    BOOST_TEST((pool.statistics().waited_for_nothing.total == 15ms));
}

BOOST_AUTO_TEST_CASE(a_tenant_never_uses_more_than_its_maximum_and_gets_the_next_when_one_is_back) {
    auto options = pool_of(4);
    options.tenant_maximum = 2;
    options.tenant_maxima["big"] = 3;
    options.tenant_maxima["free"] = 0;
    scripted_core pool{options};
    pool.fill_idle(2, session{"a"});
    for (auto const& [tenant, maximum] : {std::pair{"a", 2}, {"big", 3}, {"free", 4}}) {
        std::vector<pool_waiter*> waiters;
        for (int i = 0; i < 5; ++i)
            waiters.push_back(&pool.wait(tenant));
        for (auto due = pool.connects(); due > 0; due = pool.connects())
            for (; due > 0; --due)
                pool.connect();
        int granted = 0;
        while (pool.grant() != nullptr)
            ++granted;
        BOOST_TEST(granted == maximum);
        pool.lose(*waiters[0]->granted); // counts as back
        for (auto due = pool.connects(); due > 0; --due)
            pool.connect();
        BOOST_TEST(pool.grant() == waiters[static_cast<std::size_t>(maximum)]);
        for (auto* const waiter : waiters)
            if (!pool.withdraw(*waiter) && waiter != waiters[0])
                pool.give(*waiter->granted);
    }
}

BOOST_AUTO_TEST_CASE(tenants_are_forgotten_when_nobody_waits_for_them_or_has_a_connection) {
    for (auto const charged : {false, true}) {
        auto options = pool_of(2);
        options.tenant_maximum = charged ? 2 : 0;
        scripted_core pool{options};
        auto const slots = pool.fill(2, session{"a"});
        auto& of_b = pool.wait("b");
        auto& of_c = pool.wait("c");
        pool.give(*slots[0]);
        pool.grant();
        pool.give(*slots[1]);
        pool.grant();
        pool.give(*of_b.granted);
        BOOST_TEST(pool.statistics().waiting_tenants == 1u); // whose turn a connection serves
        pool.lose(*of_c.granted);
        BOOST_TEST(pool.statistics().waiting_tenants == 0u);
    }
}

BOOST_AUTO_TEST_CASE(statistics_say_what_everybody_does) {
    scripted_core pool{pool_of(6, 1)};
    auto const slots = pool.fill(4);
    pool.give(*slots[0]);
    pool.core.start_closing(*slots[1], pool.now);
    pool.take();
    pool.wait("a");
    pool.wait("b");
    BOOST_TEST(pool.connects() == 1u); // one of them gets what is being cleaned
    pool.pass(7ms);
    auto const now = pool.statistics();
    BOOST_TEST(now.open == 5u);
    BOOST_TEST(now.idle == 0u);
    BOOST_TEST(now.in_use == 3u);
    BOOST_TEST(now.closing == 1u);
    BOOST_TEST(now.connecting == 1u);
    BOOST_TEST(now.waiting == 2u);
    BOOST_TEST(now.waiting_tenants >= 2u);
    BOOST_TEST((now.longest_wait_now == 7ms));
    BOOST_TEST(now.minimum == 1u);
    BOOST_TEST(now.maximum == 6u);
    BOOST_TEST(now.connected == 4u);
    pool.give(*slots[2]);
    BOOST_TEST((pool.statistics().held == 7ms));
}

BOOST_AUTO_TEST_SUITE_END()
