// SPDX-License-Identifier: BSL-1.0
// How pools share a budget.
#include "support/budget_member.hpp"

#include <copg/base/error.hpp>
#include <copg/pool/connection_budget.hpp>

#include <boost/test/unit_test.hpp>

using namespace copg::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(test_budget)

BOOST_AUTO_TEST_CASE(together_pools_never_have_more_than_the_maximum) {
    auto const state = budget_of(3);
    member a{state};
    member b{state};
    BOOST_TEST(a.take_all(2));
    BOOST_TEST(b.take_all(1));
    BOOST_TEST(!a.account->take(true));
    BOOST_TEST(!b.account->take(false));
    BOOST_TEST(state->used() == 3u);
    b.account->give();
    BOOST_TEST(a.asked_again == 1);
    BOOST_TEST(a.account->take(true));
    BOOST_TEST(state->used() == 3u);
    BOOST_TEST(state->waiting() == 0u);
}

BOOST_AUTO_TEST_CASE(a_pools_minimum_is_kept_for_it_whatever_others_want) {
    auto const state = budget_of(4);
    member a{state, 2};
    member b{state};
    BOOST_TEST(b.take_all(2));
    BOOST_TEST(!b.account->take(true)); // two are kept for a
    BOOST_TEST(a.take_all(2));          // though b waits before
    BOOST_TEST(!a.account->take(true));
    BOOST_TEST(state->used() == 4u);
    a.account->give();
    BOOST_TEST(b.asked_again == 0); // that one is kept, too
    BOOST_TEST(!b.account->take(true));
    BOOST_TEST(a.account->take(false));
}

BOOST_AUTO_TEST_CASE(minimums_that_exceed_the_budget_are_refused_with_the_numbers) {
    auto const state = budget_of(4);
    member const a{state, 2};
    BOOST_CHECK_EXCEPTION(member(state, 3), copg::error, [](copg::error const& e) {
        return e.code() == copg::errc::invalid_configuration &&
               std::string{e.what()}.find(
                   "a budget of 4 connections cannot keep 3 for one more pool: 2 are in use or "
                   "kept for others") != std::string::npos;
    });
    member b{state, 2}; // the refused one has left nothing behind
    BOOST_TEST(b.take_all(2));
}

BOOST_AUTO_TEST_CASE(a_budget_of_nothing_is_refused) {
    BOOST_CHECK_EXCEPTION(copg::connection_budget{0}, copg::error, [](copg::error const& e) {
        return e.code() == copg::errc::invalid_configuration;
    });
    copg::connection_budget const budget{5};
    BOOST_TEST(budget.maximum() == 5u);
    BOOST_TEST(budget.used() == 0u);
}

BOOST_AUTO_TEST_CASE(pools_that_wait_get_room_in_the_order_in_which_they_asked) {
    auto const state = budget_of(2);
    member a{state};
    member b{state};
    member c{state};
    a.take_all(2);
    BOOST_TEST(!b.account->take(true));
    BOOST_TEST(!c.account->take(true));
    BOOST_TEST(!b.account->take(true)); // it keeps its place
    BOOST_TEST(state->waiting() == 2u);
    a.account->give();
    BOOST_TEST(b.asked_again == 1);
    BOOST_TEST(c.asked_again == 0);
    BOOST_TEST(!c.account->take(true)); // it is not c's turn
    BOOST_TEST(!a.account->take(true));
    BOOST_TEST(b.account->take(true));
    a.account->give();
    BOOST_TEST(c.asked_again == 1);
    BOOST_TEST(c.account->take(true));
}

BOOST_AUTO_TEST_CASE(a_pool_that_needs_nothing_any_more_lets_the_next_one_go_ahead) {
    auto const state = budget_of(1);
    member a{state};
    member b{state};
    member c{state};
    a.take_all(1);
    b.account->take(true);
    c.account->take(true);
    a.account->give();
    b.account->is_content();
    BOOST_TEST(c.asked_again == 1);
    BOOST_TEST(c.account->take(true));
}

BOOST_AUTO_TEST_CASE(when_there_is_room_for_several_each_is_told) {
    auto const state = budget_of(3);
    member a{state};
    member b{state};
    member c{state};
    a.take_all(3);
    b.account->take(true);
    c.account->take(true);
    a.account->give();
    a.account->give();
    BOOST_TEST(b.account->take(true));
    BOOST_TEST(c.asked_again == 1);
}

BOOST_AUTO_TEST_CASE(what_nobody_waits_for_takes_nothing_from_others) {
    auto const state = budget_of(1);
    member a{state};
    member b{state};
    a.take_all(1);
    a.idle_since(1s);
    BOOST_TEST(!b.account->take(false));
    BOOST_TEST(state->waiting() == 0u);
    BOOST_TEST(a.reclaimed == 0);
    BOOST_TEST(!a.account->must_yield(false));
}

BOOST_AUTO_TEST_CASE(to_make_room_the_connection_that_is_idle_for_longest_is_asked_back) {
    auto const state = budget_of(4);
    member a{state};
    member b{state};
    member c{state, 1};
    member d{state};
    a.take_all(2);
    b.take_all(1);
    c.take_all(1);
    a.idle_since(20s);
    b.idle_since(10s);
    c.idle_since(1s); // it is c's own
    BOOST_TEST(!d.account->take(true));
    BOOST_TEST(b.reclaimed == 1);
    BOOST_TEST(a.reclaimed + c.reclaimed + d.reclaimed == 0);
    BOOST_TEST(!d.account->take(true)); // it waits for one, and has asked for one
    BOOST_TEST(a.reclaimed == 0);
    b.account->note_idle({}); // somebody was faster
    BOOST_TEST(!b.account->must_yield(false));
    b.account->reclaim_ended();
    BOOST_TEST(a.reclaimed == 1); // so the next one
    BOOST_TEST(a.account->yields());
    a.account->give();
    BOOST_TEST(d.account->take(true));
    a.account->reclaim_ended();
    BOOST_TEST(state->reclaimed() == 1u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_takes_long_to_close_is_not_asked_back_twice) {
    auto const state = budget_of(3);
    member a{state};
    member b{state};
    a.take_all(3);
    a.idle_since(1s);
    b.account->take(true);
    BOOST_TEST(a.reclaimed == 1);
    BOOST_TEST(a.account->yields());
    a.account->reclaim_ended(); // it is still closing
    BOOST_TEST(a.reclaimed == 1);
    BOOST_TEST(!a.account->must_yield(false));
    a.account->give();
    BOOST_TEST(!a.account->must_yield(false)); // b was told, and has not come yet
    BOOST_TEST(b.account->take(true));
    BOOST_TEST(a.reclaimed == 1);
}

BOOST_AUTO_TEST_CASE(a_pool_with_more_than_its_share_yields_on_return_even_if_it_has_waiters) {
    auto const state = budget_of(4);
    member a{state};
    member b{state};
    a.take_all(3);
    b.take_all(1);
    BOOST_TEST(!a.account->must_yield(true)); // nobody waits
    b.account->take(true);
    BOOST_TEST(a.account->must_yield(true));
    BOOST_TEST(!a.account->must_yield(true)); // one waits, one goes
    a.account->give();
    BOOST_TEST(b.account->take(true));
    b.account->take(true);
    BOOST_TEST(!a.account->must_yield(true)); // two and two
    BOOST_TEST(!b.account->must_yield(true));
    BOOST_TEST(a.account->must_yield(false)); // but what it does not need it gives
}

BOOST_AUTO_TEST_CASE(a_pool_that_has_nothing_gets_one_even_from_a_busy_pool_that_has_one) {
    auto const state = budget_of(1);
    member a{state};
    member b{state};
    a.take_all(1);
    b.account->take(true);
    BOOST_TEST(a.account->must_yield(true));
    a.account->give();
    BOOST_TEST(b.account->take(true));
}

BOOST_AUTO_TEST_CASE(who_has_nothing_is_not_stuck_behind_who_wants_more) {
    auto const state = budget_of(4);
    member a{state};
    member b{state};
    member c{state};
    a.take_all(2);
    b.take_all(2);
    BOOST_TEST(!a.account->take(true));
    BOOST_TEST(!c.account->take(true));
    BOOST_TEST(b.account->must_yield(true)); // for c, though a is before it
}

BOOST_AUTO_TEST_CASE(nothing_is_yielded_from_a_pools_minimum) {
    auto const state = budget_of(3);
    member a{state, 2};
    member b{state};
    a.take_all(3);
    b.account->take(true);
    BOOST_TEST(a.account->must_yield(true));
    member c{state};
    c.account->take(true);
    BOOST_TEST(!a.account->must_yield(false)); // the third is going already
    a.idle_since(1s);
    BOOST_TEST(a.reclaimed == 0);
}

BOOST_AUTO_TEST_CASE(a_connection_that_becomes_idle_while_a_pool_waits_is_asked_back) {
    auto const state = budget_of(1);
    member a{state};
    member b{state};
    a.take_all(1);
    b.account->take(true); // nothing is idle: it is checked, say
    BOOST_TEST(a.reclaimed == 0);
    a.idle_since(1s);
    BOOST_TEST(a.reclaimed == 1);
}

BOOST_AUTO_TEST_CASE(one_connection_more_than_another_pool_is_no_reason_to_pass_it_on) {
    auto const state = budget_of(3);
    member a{state};
    member b{state};
    a.take_all(2);
    b.take_all(1);
    b.account->take(true);
    BOOST_TEST(!a.account->must_yield(true)); // or it would go to and fro
}

BOOST_AUTO_TEST_CASE(a_member_that_goes_while_it_is_asked_leaves_others_to_be_asked) {
    auto const state = budget_of(2);
    member a{state};
    member b{state};
    member c{state};
    member d{state};
    a.take_all(1);
    c.take_all(1);
    a.idle_since(1s);
    b.account->take(true);
    d.account->take(true);
    BOOST_TEST(a.reclaimed == 1);
    a.account->give(); // its connection is lost, before it hears of that
    BOOST_TEST(b.account->take(true));
    c.idle_since(2s);
    BOOST_TEST(c.reclaimed == 0); // a was asked for d, as far as is known
    a.account.reset();
    BOOST_TEST(c.reclaimed == 1);
}

BOOST_AUTO_TEST_CASE(a_member_that_goes_gives_all_back_and_is_not_waited_for) {
    auto const state = budget_of(4);
    member a{state, 1};
    member b{state};
    member c{state};
    member d{state};
    a.take_all(3);
    c.take_all(1);
    c.idle_since(5s);
    a.idle_since(1s);
    b.account->take(true);
    BOOST_TEST(a.account->must_yield(true) == false); // it was asked for an idle one
    BOOST_TEST(a.account->yields());
    a.account->reclaim_ended();
    a.account.reset(); // before that one was gone
    BOOST_TEST(state->used() == 1u);
    BOOST_TEST(b.asked_again == 1);
    BOOST_TEST(b.take_all(3)); // its minimum, too
    BOOST_TEST(!d.account->take(true));
    BOOST_TEST(c.reclaimed == 1); // nothing is believed to be on its way
    d.account.reset();
    BOOST_TEST(state->waiting() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
