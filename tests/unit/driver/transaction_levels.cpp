// SPDX-License-Identifier: BSL-1.0
#include "driver/transaction_levels.hpp"

#include <boost/test/unit_test.hpp>

using copg::detail::transaction_levels;

BOOST_AUTO_TEST_SUITE(test_transaction_levels)

BOOST_AUTO_TEST_CASE(savepoints_that_are_open_together_have_different_names) {
    transaction_levels levels;
    auto const whole = levels.enter(false);
    auto const first = levels.enter(true);
    auto const second = levels.enter(true);
    BOOST_TEST(whole->savepoint == 0u);
    BOOST_TEST(first->savepoint == 1u);
    BOOST_TEST(second->savepoint == 2u);
    levels.leave(*second);
    auto const third = levels.enter(true);
    BOOST_TEST(third->savepoint == 2u);
    BOOST_TEST(copg::detail::savepoint_name(2) == "copg_2");
}

BOOST_AUTO_TEST_CASE(the_end_of_an_outer_level_is_the_end_of_those_inside) {
    transaction_levels levels;
    auto const whole = levels.enter(false);
    auto const outer = levels.enter(true);
    auto const inner = levels.enter(true);
    levels.leave(*outer);
    BOOST_TEST(whole->open);
    BOOST_TEST(!outer->open);
    BOOST_TEST(!inner->open);
    levels.leave(*inner); // nothing happens
    BOOST_TEST(whole->open);
    levels.leave(*whole);
    BOOST_TEST(levels.empty());
}

BOOST_AUTO_TEST_CASE(a_level_that_is_left_dooms_those_around_it) {
    transaction_levels levels;
    auto const whole = levels.enter(false);
    auto const outer = levels.enter(true);
    auto const inner = levels.enter(true);
    BOOST_TEST(!levels.abandon(*inner), "the outer ones see to it");
    BOOST_TEST(outer->doomed);
    BOOST_TEST(whole->doomed);
    BOOST_TEST(levels.is_doomed());
    BOOST_TEST(!levels.abandon(*outer));
    BOOST_TEST(levels.abandon(*whole));
    BOOST_TEST(levels.empty());
    BOOST_TEST(!levels.abandon(*whole), "it has ended");
}

BOOST_AUTO_TEST_CASE(a_savepoint_in_a_transaction_of_somebody_else_is_undone_by_itself) {
    transaction_levels levels;
    auto const first = levels.enter(true);
    BOOST_TEST(first->savepoint == 1u);
    BOOST_TEST(levels.abandon(*first));
}

BOOST_AUTO_TEST_CASE(a_new_transaction_ends_what_has_ended_unseen) {
    transaction_levels levels;
    auto const unseen = levels.enter(false);
    auto const inner = levels.enter(true);
    auto const next = levels.enter(false);
    BOOST_TEST(!unseen->open);
    BOOST_TEST(!inner->open);
    levels.leave(*unseen);
    BOOST_TEST(next->open);
    levels.leave_all();
    BOOST_TEST(!next->open);
}

BOOST_AUTO_TEST_SUITE_END()
