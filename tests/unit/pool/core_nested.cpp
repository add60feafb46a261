// SPDX-License-Identifier: BSL-1.0
// Waits inside of transaction scopes that hold connections of the same pool.
#include "support/scripted_core.hpp"

using namespace copg::test;
using copg::session;

namespace {

/// Fills the pool with connections that these scopes hold; 0: a plain lease.
std::vector<pool_slot*> hold(scripted_core& pool, std::vector<std::uint64_t> const& scopes) {
    auto slots = pool.fill_idle(scopes.size());
    for (std::size_t i = 0; i < scopes.size(); ++i)
        slots[i] = pool.core.take({}, std::source_location::current(), pool.now, scopes[i]);
    return slots;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_core_nested)

BOOST_AUTO_TEST_CASE(the_wait_inside_of_the_scope_that_holds_the_only_connection_ends_at_once) {
    scripted_core pool{pool_of(1)};
    auto const slots = hold(pool, {1});
    auto& plain = pool.wait();
    BOOST_TEST(pool.deadlocked() == nullptr);
    auto& nested = pool.wait_inside({1});
    auto& late = pool.wait();
    pool.pass(3ms);
    BOOST_TEST(pool.deadlocked() == &nested);
    BOOST_TEST(!nested.queued());
    BOOST_TEST(pool.deadlocked() == nullptr);
    BOOST_TEST(pool.statistics().nested_refused == 1u);
    BOOST_TEST((pool.statistics().waited_for_nothing.in_use == 3ms));
    BOOST_TEST(!pool.withdraw(nested));
    BOOST_TEST(pool.pass_on(*slots[0]) == &plain);
    BOOST_TEST(pool.pass_on(*slots[0]) == &late);
}

BOOST_AUTO_TEST_CASE(a_plain_lease_among_the_connections_is_no_dead_lock) {
    scripted_core pool{pool_of(2)};
    auto const slots = hold(pool, {1, 0});
    auto& nested = pool.wait_inside({1});
    BOOST_TEST(pool.deadlocked() == nullptr);
    BOOST_TEST(pool.pass_on(*slots[1]) == &nested);
    BOOST_TEST(pool.deadlocked() == nullptr); // nobody waits
    pool.wait_inside({1});
    BOOST_TEST(pool.deadlocked() == nullptr); // what the first one got is a plain lease as well
}

BOOST_AUTO_TEST_CASE(a_connection_that_can_be_made_is_no_dead_lock) {
    scripted_core pool{pool_of(2)};
    hold(pool, {1});
    auto& nested = pool.wait_inside({1});
    BOOST_TEST(pool.deadlocked() == nullptr);
    BOOST_TEST(pool.connects() == 1u);
    BOOST_TEST(pool.deadlocked() == nullptr);
    pool.fail_connect();
    BOOST_TEST(pool.deadlocked() == nullptr); // it will be tried again
    pool.pass(1s);
    BOOST_TEST(pool.connects() == 1u);
    pool.connect();
    BOOST_TEST(pool.grant() == &nested);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_given_back_just_now_is_no_dead_lock) {
    scripted_core pool{pool_of(2)};
    auto const slots = hold(pool, {1, 2});
    auto& nested = pool.wait_inside({1});
    pool.core.start_closing(*slots[1], pool.now);
    pool.wait_inside({2});
    BOOST_TEST(pool.deadlocked() == nullptr);
    BOOST_TEST(pool.pass_on(*slots[1]) == &nested);
}

BOOST_AUTO_TEST_CASE(a_connection_that_broke_while_its_scope_held_it_is_no_dead_lock) {
    scripted_core pool{pool_of(1)};
    auto const slots = hold(pool, {1});
    auto& nested = pool.wait_inside({1});
    pool.lose(*slots[0]);
    BOOST_TEST(pool.deadlocked() == nullptr);
    pool.connects();
    pool.connect();
    BOOST_TEST(pool.grant() == &nested);
}

BOOST_AUTO_TEST_CASE(a_scope_that_goes_on_is_no_dead_lock_and_only_the_last_wait_of_one_ends) {
    scripted_core pool{pool_of(3)};
    auto const slots = hold(pool, {1, 2, 3});
    auto& of_2 = pool.wait_inside({2});
    auto& of_1 = pool.wait_inside({1});
    BOOST_TEST(pool.deadlocked() == nullptr);
    auto& of_3 = pool.wait_inside({3});
    BOOST_TEST(pool.deadlocked() == &of_3);
    BOOST_TEST(pool.deadlocked() == nullptr);
    BOOST_TEST(pool.pass_on(*slots[2]) == &of_2);
    BOOST_TEST(pool.deadlocked() == nullptr);
    BOOST_TEST(pool.pass_on(*of_2.granted) == &of_1);
}

BOOST_AUTO_TEST_CASE(one_coroutine_inside_of_two_scopes_waits_for_both) {
    scripted_core pool{pool_of(2)};
    hold(pool, {1, 2});
    auto& nested = pool.wait_inside({2, 1});
    BOOST_TEST(pool.deadlocked() == &nested);
}

BOOST_AUTO_TEST_CASE(a_scope_that_holds_two_connections_waits_with_both) {
    scripted_core pool{pool_of(2)};
    hold(pool, {1, 1});
    auto& nested = pool.wait_inside({1});
    BOOST_TEST(pool.deadlocked() == &nested);
}

BOOST_AUTO_TEST_CASE(a_scope_inside_of_another_that_waits_for_its_own_connection_counts_for_that) {
    scripted_core pool{pool_of(1)};
    hold(pool, {1});
    auto& inner = pool.wait_inside({1}, 2);
    auto& inside_of_inner = pool.wait_inside({2});
    BOOST_TEST(pool.deadlocked() == &inner);
    BOOST_TEST(pool.deadlocked() == nullptr); // who is inside of what holds nothing goes on waiting
    BOOST_TEST(inside_of_inner.queued());
}

BOOST_AUTO_TEST_CASE(all_who_wait_inside_of_a_scope_end_when_it_gets_the_last_connection) {
    scripted_core pool{pool_of(1)};
    auto const slots = hold(pool, {0});
    auto& own = pool.wait_inside({}, 1);
    auto& first = pool.wait_inside({1});
    auto& second = pool.wait_inside({1});
    BOOST_TEST(pool.deadlocked() == nullptr);
    BOOST_TEST(pool.pass_on(*slots[0]) == &own);
    BOOST_TEST(pool.deadlocked() == &second);
    BOOST_TEST(pool.deadlocked() == &first);
    BOOST_TEST(pool.deadlocked() == nullptr);
    BOOST_TEST(pool.statistics().nested_refused == 2u);
}

BOOST_AUTO_TEST_CASE(a_connection_taken_without_a_wait_can_close_the_circle) {
    auto options = pool_of(2);
    options.tenant_maximum = 1;
    scripted_core pool{options};
    pool.fill_idle(1, session{"a"});
    auto const take = [&](char const* tenant, std::uint64_t scope) {
        return pool.core.take(session{tenant}, std::source_location::current(), pool.now, scope);
    };
    take("a", 1);
    pool.wait("b");
    pool.connects();
    pool.connect();
    pool.give(*pool.grant()->granted);
    pool.wait_inside({1}, 0, {}, session{"a"}); // at its maximum: it lets others by
    auto& inside_of_2 = pool.wait_inside({2}, 0, {}, session{"a"});
    BOOST_TEST(!pool.core.may_be_deadlocked());
    BOOST_TEST(take("b", 2) != nullptr);
    BOOST_TEST(pool.core.may_be_deadlocked());
    BOOST_TEST(pool.deadlocked() == &inside_of_2);
}

BOOST_AUTO_TEST_CASE(a_waiter_that_has_left_keeps_up_no_dead_lock) {
    for (auto const cancelled : {true, false}) {
        scripted_core pool{pool_of(2)};
        hold(pool, {1, 2});
        auto& nested = pool.wait_inside({1}, 0, 10ms);
        if (cancelled)
            pool.withdraw(nested);
        pool.pass(10ms);
        BOOST_TEST(pool.core.next_expired(pool.now) == (cancelled ? nullptr : &nested));
        pool.wait_inside({2});
        BOOST_TEST(pool.deadlocked() == nullptr);
        auto& last = pool.wait_inside({1});
        BOOST_TEST(pool.deadlocked() == &last);
    }
}

BOOST_AUTO_TEST_CASE(the_use_of_a_connection_by_a_scope_ends_when_it_is_given_back) {
    scripted_core pool{pool_of(1)};
    auto const slots = hold(pool, {1});
    auto& next = pool.wait();
    pool.pass_on(*slots[0]);
    auto& late = pool.wait_inside({1}); // of a scope that holds nothing any more
    BOOST_TEST(pool.deadlocked() == nullptr);
    BOOST_TEST(pool.pass_on(*next.granted) == &late);
}

BOOST_AUTO_TEST_CASE(fewer_connections_than_before_can_be_a_dead_lock) {
    scripted_core pool{pool_of(3)};
    auto const slots = hold(pool, {1, 2});
    pool.wait_inside({1});
    auto& last = pool.wait_inside({2});
    BOOST_TEST(pool.connects() == 1u);
    pool.core.resize(0, 2);
    BOOST_TEST(pool.deadlocked() == nullptr); // one is still being made
    BOOST_TEST(pool.connect() == nullptr);    // and too many
    BOOST_TEST(pool.deadlocked() == &last);
}

BOOST_AUTO_TEST_CASE(a_plain_lease_beyond_a_lowered_maximum_counts_until_it_is_gone) {
    scripted_core pool{pool_of(2)};
    auto const slots = hold(pool, {1, 0});
    auto& nested = pool.wait_inside({1});
    pool.core.resize(0, 1);
    BOOST_TEST(pool.deadlocked() == nullptr);
    BOOST_TEST(pool.give(*slots[1]) == "resized");
    BOOST_TEST(pool.deadlocked() == &nested);
}

BOOST_AUTO_TEST_CASE(connections_beyond_a_lowered_maximum_are_part_of_the_dead_lock) {
    scripted_core pool{pool_of(2)};
    hold(pool, {1, 2});
    pool.core.resize(0, 1);
    pool.wait_inside({1});
    BOOST_TEST(pool.deadlocked() == nullptr);
    auto& last = pool.wait_inside({2});
    BOOST_TEST(pool.deadlocked() == &last);
}

BOOST_AUTO_TEST_CASE(a_dead_lock_of_a_paused_pool_is_one_all_the_same) {
    scripted_core pool{pool_of(1)};
    auto const slots = hold(pool, {1});
    pool.core.pause(true, pool.now);
    auto& plain = pool.wait();
    auto& nested = pool.wait_inside({1});
    BOOST_TEST(pool.deadlocked() == &nested);
    BOOST_TEST(pool.pass_on(*slots[0]) == nullptr);
    pool.core.pause(false, pool.now);
    BOOST_TEST(pool.grant() == &plain);
}

BOOST_AUTO_TEST_SUITE_END()
