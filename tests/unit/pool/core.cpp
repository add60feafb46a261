// SPDX-License-Identifier: BSL-1.0
// Who is granted which connection.
#include "support/scripted_core.hpp"

using namespace copg::test;
using copg::session;

namespace {

/// A session whose home is the slot's seat, among so many.
session at_home_on(pool_slot const& slot, std::size_t seats) {
    for (int number = 0;; ++number) {
        session wanted{"tenant_" + std::to_string(number)};
        if ((copg::detail::hash_of(wanted) * seats) >> 32 == slot.seat)
            return wanted;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_core)

BOOST_AUTO_TEST_CASE(an_idle_connection_is_taken_at_once_the_last_used_first) {
    scripted_core pool{pool_of(3)};
    auto const slots = pool.fill_idle(3);
    BOOST_TEST(pool.take() == slots[2]);
    BOOST_TEST(pool.take() == slots[1]);
    BOOST_TEST(pool.take() == slots[0]);
    BOOST_TEST(pool.take() == nullptr);
    BOOST_TEST(pool.statistics().acquired == 6u);
    BOOST_TEST(pool.statistics().acquired_after_wait == 3u);
}

BOOST_AUTO_TEST_CASE(the_connection_that_served_the_same_session_comes_first_even_if_used) {
    scripted_core pool{pool_of(3)};
    auto const slots = pool.fill(3);
    pool.give(*slots[0]);
    auto* const of_a = pool.take("a");
    pool.give(*of_a, false);
    pool.give(*slots[1]);
    pool.give(*slots[2]);
    BOOST_TEST(pool.take("a") == of_a);
    BOOST_TEST(of_a->last_session.fairness_key() == "a");
}

BOOST_AUTO_TEST_CASE(a_session_that_none_has_served_gets_its_home_connection) {
    scripted_core pool{pool_of(4)};
    auto const slots = pool.fill_idle(4);
    for (auto* const home : slots)
        BOOST_TEST(pool.take(at_home_on(*home, 4)) == home);
}

BOOST_AUTO_TEST_CASE(away_from_home_the_cleanest_comes_first_then_the_last_used) {
    scripted_core pool{pool_of(4)};
    auto const slots = pool.fill(4);
    auto const wanted = at_home_on(*slots[0], 4); // which is in use
    pool.give(*slots[1]);
    pool.give(*slots[2]);
    pool.give(*slots[3], false);
    BOOST_TEST(pool.take(wanted) == slots[2]);
    BOOST_TEST(pool.take(wanted) == slots[1]);
    BOOST_TEST(pool.take(wanted) == slots[3]);
}

BOOST_AUTO_TEST_CASE(the_empty_session_has_no_home) {
    scripted_core pool{pool_of(2)};
    auto const slots = pool.fill(2, session{"a"});
    pool.give(*slots[1]);
    pool.give(*slots[0]);
    BOOST_TEST(pool.take() == slots[0]); // the last used, whatever seat 0 holds
    BOOST_TEST(pool.take() == slots[1]);
}

BOOST_AUTO_TEST_CASE(waiters_are_granted_first_come_first_served) {
    scripted_core pool{pool_of(1)};
    auto const slots = pool.fill(1);
    auto& first = pool.wait();
    auto& second = pool.wait();
    pool.give(*slots[0]);
    BOOST_TEST(pool.grant() == &first);
    BOOST_TEST(pool.grant() == nullptr);
    pool.give(*first.granted);
    BOOST_TEST(pool.grant() == &second);
    BOOST_TEST(!first.queued());
}

BOOST_AUTO_TEST_CASE(no_newcomer_overtakes_a_waiter_that_can_be_served) {
    scripted_core pool{pool_of(1)};
    auto const slots = pool.fill(1);
    auto& waiter = pool.wait("a");
    pool.give(*slots[0]);
    BOOST_TEST(pool.take("a") == nullptr);
    BOOST_TEST(pool.take("b") == nullptr);
    BOOST_TEST(pool.grant() == &waiter);
}

BOOST_AUTO_TEST_CASE(a_newcomer_passes_only_waiters_whose_tenant_is_at_its_maximum) {
    auto options = pool_of(2);
    options.tenant_maximum = 1;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(1, session{"a"});
    auto* const of_a = pool.take("a");
    auto& second = pool.wait("a");
    pool.wait("b");
    pool.connects();
    pool.connect();
    auto* const of_b = pool.grant()->granted;
    pool.give(*of_b);
    BOOST_TEST(pool.grant() == nullptr); // it is a's turn, but a has what it may have
    BOOST_TEST(pool.take("a") == nullptr);
    BOOST_TEST(pool.take("b") == of_b);
    pool.give(*of_a);
    BOOST_TEST(pool.grant() == &second);
}

BOOST_AUTO_TEST_CASE(a_waiter_takes_whichever_comes_first_a_freed_connection_or_a_new_one) {
    for (auto const freed_first : {true, false}) {
        scripted_core pool{pool_of(2)};
        auto const slots = pool.fill(1);
        auto& waiter = pool.wait();
        BOOST_TEST(pool.connects() == 1u);
        if (freed_first)
            pool.give(*slots[0]);
        auto* const made = freed_first ? nullptr : pool.connect();
        BOOST_TEST(pool.grant() == &waiter);
        BOOST_TEST(waiter.granted == (freed_first ? slots[0] : made));
    }
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_cleaned_counts_and_serves_the_next_waiter) {
    scripted_core pool{pool_of(2)};
    auto const slots = pool.fill(1);
    pool.core.start_closing(*slots[0], pool.now);
    BOOST_TEST(pool.statistics().closing == 1u);
    BOOST_TEST(pool.statistics().in_use == 0u);
    auto& waiter = pool.wait();
    BOOST_TEST(pool.connects() == 0u);
    pool.give(*slots[0]);
    BOOST_TEST(pool.grant() == &waiter);
}

BOOST_AUTO_TEST_SUITE_END()
