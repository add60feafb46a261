// SPDX-License-Identifier: BSL-1.0
// How a pool's core deals with the budget that it shares.
#include "support/budget_member.hpp"
#include "support/scripted_core.hpp"

using namespace copg::test;

namespace {

/// A pool's core as a member.
struct member_pool {
    explicit member_pool(std::shared_ptr<budget_state> const& state,
                         copg::pool_options const& options = pool_of(10),
                         std::size_t minimum = 0)
        : share{state, minimum}, pool{options, share.account.get()} {}

    /// What the pool does when it is called. @return what was closed
    std::string reclaim() {
        share.reclaimed = 0;
        pool.core.reclaim();
        auto closed = pool.sweep();
        share.account->reclaim_ended();
        return closed;
    }

    member share;
    scripted_core pool;
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_core_budget)

BOOST_AUTO_TEST_CASE(a_core_closes_what_it_is_asked_for_oldest_first_and_only_while_it_is_needed) {
    auto const state = budget_of(3);
    member_pool a{state};
    member_pool b{state};
    auto const slots = a.pool.fill_idle(3);
    a.pool.pass(1s);
    b.pool.wait();
    BOOST_TEST(b.pool.connects() == 0u);
    BOOST_TEST_REQUIRE(a.share.reclaimed == 1);
    BOOST_TEST(a.reclaim() == "budget");
    BOOST_TEST(b.share.asked_again == 1);
    BOOST_TEST(b.pool.connects() == 1u);
    BOOST_TEST(a.reclaim() == ""); // it was asked, but nobody waits
    BOOST_TEST(a.pool.statistics().idle == 2u);
    BOOST_TEST(a.pool.take() == slots[2]);
    BOOST_TEST(a.pool.take() == slots[1]);
}

BOOST_AUTO_TEST_CASE(a_reclaim_that_finds_waiters_is_forgotten) {
    auto const state = budget_of(1);
    member_pool a{state};
    member_pool b{state};
    auto* const slot = a.pool.fill_idle(1).front();
    b.pool.wait();
    b.pool.connects();
    BOOST_TEST_REQUIRE(a.share.reclaimed == 1);
    a.pool.take();
    auto& waiter = a.pool.wait();
    BOOST_TEST(a.reclaim() == "");
    b.pool.core.next_refused(b.pool.now);
    b.pool.connects(); // b needs nothing any more
    a.pool.give(*slot);
    BOOST_TEST(a.pool.grant() == &waiter);
    BOOST_TEST(a.pool.give(*slot) == "");
    BOOST_TEST(a.pool.sweep() == "");
}

BOOST_AUTO_TEST_CASE(a_pool_whose_waiters_have_gone_makes_nobody_yield) {
    auto const state = budget_of(1);
    member_pool a{state};
    member_pool b{state};
    auto* const slot = a.pool.fill(1).front();
    auto& waiter = b.pool.wait();
    b.pool.connects();
    BOOST_TEST(state->waiting() == 1u);
    b.pool.withdraw(waiter);
    BOOST_TEST(state->waiting() == 0u);
    BOOST_TEST(a.pool.give(*slot) == "");
}

BOOST_AUTO_TEST_CASE(a_minimum_that_finds_no_room_asks_again_later_and_presses_nobody) {
    auto const state = budget_of(1);
    member_pool a{state};
    member_pool b{state, pool_of(2, 2)};
    auto* const slot = a.pool.fill(1).front();
    BOOST_TEST(b.pool.connects() == 0u);
    BOOST_TEST(state->waiting() == 0u);
    BOOST_TEST((*b.pool.core.next_event() == b.pool.now + 1s));
    a.pool.give(*slot);
    a.pool.lose(*slot);
    b.pool.pass(999ms);
    BOOST_TEST(b.pool.connects() == 0u);
    b.pool.pass(1ms);
    BOOST_TEST(b.pool.connects() == 1u);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_fails_or_is_given_up_gives_its_room_back) {
    auto const state = budget_of(5);
    member_pool a{state, pool_of(2, 2)};
    BOOST_TEST(a.pool.connects() == 2u);
    BOOST_TEST(state->used() == 2u);
    a.pool.fail_connect();
    BOOST_TEST(state->used() == 1u);
    a.pool.core.connect_abandoned();
    BOOST_TEST(state->used() == 0u);
}

BOOST_AUTO_TEST_CASE(a_core_yields_what_comes_back_and_waits_for_its_turn_again) {
    auto const state = budget_of(2);
    member_pool a{state};
    member_pool b{state};
    auto const slots = a.pool.fill(2);
    a.pool.wait();
    b.pool.wait();
    BOOST_TEST(b.pool.connects() == 0u);
    BOOST_TEST(a.pool.give(*slots[0]) == "budget");
    BOOST_TEST(a.pool.connects() == 0u); // it is b's turn
    BOOST_TEST(b.pool.connects() == 1u);
    BOOST_TEST(b.pool.connect() != nullptr);
    auto* const of_b = b.pool.grant()->granted;
    BOOST_TEST(a.pool.connects() == 0u);
    BOOST_TEST(b.pool.give(*of_b) == "budget"); // b does not need it any more
    BOOST_TEST(a.pool.connects() == 1u);
}

BOOST_AUTO_TEST_CASE(a_new_connection_serves_somebody_before_it_makes_room_for_another_pool) {
    auto const state = budget_of(1);
    member_pool a{state};
    member_pool b{state};
    auto& waiter = a.pool.wait();
    BOOST_TEST(a.pool.connects() == 1u);
    b.pool.wait();
    b.pool.connects();
    BOOST_TEST(a.pool.connect() != nullptr);
    BOOST_TEST(a.pool.grant() == &waiter);
    a.pool.wait();
    BOOST_TEST(a.pool.give(*waiter.granted) == "budget");
    BOOST_TEST(b.pool.connects() == 1u);
    b.pool.core.next_refused(b.pool.now);
    BOOST_TEST(a.pool.connects() == 0u);
    BOOST_TEST(b.pool.connect() == nullptr); // nobody there wants it any more
    BOOST_TEST(a.pool.connects() == 1u);
}

BOOST_AUTO_TEST_CASE(what_a_waiter_that_expires_would_have_got_is_known_to_be_idle) {
    auto const state = budget_of(2);
    member_pool a{state, pool_of(2), 1};
    member_pool b{state};
    auto const slots = a.pool.fill(2);
    a.pool.wait({}, 10ms);
    a.pool.give(*slots[0]);
    a.pool.pass(10ms);
    BOOST_TEST(a.pool.core.next_expired(a.pool.now) != nullptr); // before it is granted
    b.pool.wait();
    BOOST_TEST(b.pool.connects() == 0u);
    BOOST_TEST(a.share.reclaimed == 1);
}

BOOST_AUTO_TEST_CASE(a_connection_that_was_checked_while_a_pool_waits_goes_to_it) {
    auto const state = budget_of(1);
    auto options = pool_of(1);
    options.health_interval = 10s;
    member_pool a{state, options};
    member_pool b{state};
    a.pool.fill_idle(1);
    a.pool.pass(10s);
    auto* const slot = a.pool.core.next_to_check(a.pool.now);
    BOOST_TEST_REQUIRE(slot != nullptr);
    b.pool.wait();
    BOOST_TEST(b.pool.connects() == 0u);
    BOOST_TEST(!a.pool.core.check_ended(*slot, a.pool.now).has_value());
    BOOST_TEST_REQUIRE(a.share.reclaimed == 1);
    BOOST_TEST(a.reclaim() == "budget");
    BOOST_TEST(b.pool.connects() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
