// SPDX-License-Identifier: BSL-1.0
#include "pool/core.hpp"

#include <copg/base/error.hpp>

#include <boost/test/unit_test.hpp>

#include <vector>

using copg::pool_options;
using copg::session;
using copg::detail::pool_core;
using copg::detail::pool_slot;
using copg::detail::pool_time;
using copg::detail::pool_waiter;
using namespace std::chrono_literals;

namespace {

pool_time at(std::chrono::milliseconds moment) {
    return pool_time{moment};
}

pool_options options(std::size_t maximum, std::size_t minimum = 0) {
    pool_options made;
    made.maximum = maximum;
    made.minimum = minimum;
    return made;
}

/// A core with this many connections, all in use.
std::vector<pool_slot*> fill(pool_core& core, std::size_t count) {
    std::vector<pool_waiter> waiters(count);
    for (auto& waiter : waiters)
        core.enqueue(waiter);
    for (std::size_t made = 0; made < count;)
        for (auto due = core.connects_due(at(0ms)); due > 0; --due, ++made)
            core.connected(nullptr);
    std::vector<pool_slot*> slots;
    while (auto* const waiter = core.next_granted())
        slots.push_back(waiter->granted);
    return slots;
}

/// Takes everybody out, for waiters that go before the core does.
void send_away(pool_core& core) {
    while (core.next_refused() != nullptr) {
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_core)

BOOST_AUTO_TEST_CASE(an_idle_connection_is_taken_at_once_the_last_used_first) {
    pool_core core{options(2), 1};
    auto const slots = fill(core, 2);
    core.give_back(*slots[0]);
    core.give_back(*slots[1]);
    BOOST_TEST(core.take(session{}) == slots[1]);
    BOOST_TEST(core.take(session{}) == slots[0]);
    BOOST_TEST(core.take(session{}) == nullptr);
}

BOOST_AUTO_TEST_CASE(the_connection_that_last_served_the_same_session_is_preferred) {
    pool_core core{options(2), 1};
    auto const slots = fill(core, 2);
    core.give_back(*slots[0]);
    auto* const of_a = core.take(session{"a"});
    core.give_back(*of_a);
    core.give_back(*slots[1]);
    BOOST_TEST(core.take(session{"a"}) == of_a);
}

BOOST_AUTO_TEST_CASE(waiters_are_granted_first_come_first_served) {
    pool_core core{options(1), 1};
    auto const slots = fill(core, 1);
    pool_waiter first;
    pool_waiter second;
    core.enqueue(first);
    core.enqueue(second);
    core.give_back(*slots[0]);
    BOOST_TEST(core.next_granted() == &first);
    BOOST_TEST(core.next_granted() == nullptr);
    core.give_back(*first.granted);
    BOOST_TEST(core.next_granted() == &second);
}

BOOST_AUTO_TEST_CASE(a_newcomer_does_not_overtake_a_waiter) {
    pool_core core{options(1), 1};
    auto const slots = fill(core, 1);
    pool_waiter waiter;
    core.enqueue(waiter);
    core.give_back(*slots[0]);
    BOOST_TEST(core.take(session{}) == nullptr);
    BOOST_TEST(core.next_granted() == &waiter);
}

BOOST_AUTO_TEST_CASE(a_cancelled_waiter_is_never_granted_and_costs_nobody_a_turn) {
    pool_core core{options(1), 1};
    auto const slots = fill(core, 1);
    pool_waiter first;
    pool_waiter second;
    core.enqueue(first);
    core.enqueue(second);
    BOOST_TEST(core.withdraw(first));
    BOOST_TEST(!core.withdraw(first));
    core.give_back(*slots[0]);
    BOOST_TEST(core.next_granted() == &second);
}

BOOST_AUTO_TEST_CASE(waiters_expire_in_the_order_of_their_deadlines_not_of_their_arrival) {
    pool_core core{options(1), 1};
    fill(core, 1);
    pool_waiter late;
    pool_waiter early;
    pool_waiter never;
    late.deadline = at(20ms);
    early.deadline = at(10ms);
    core.enqueue(late);
    core.enqueue(early);
    core.enqueue(never);
    BOOST_TEST((core.next_event() == at(10ms)));
    BOOST_TEST(core.next_expired(at(9ms)) == nullptr);
    BOOST_TEST(core.next_expired(at(10ms)) == &early);
    BOOST_TEST(core.next_expired(at(10ms)) == nullptr);
    BOOST_TEST(core.next_expired(at(99ms)) == &late);
    BOOST_TEST(core.next_expired(at(99ms)) == nullptr);
    core.withdraw(never);
}

BOOST_AUTO_TEST_CASE(connects_are_bounded_by_the_maximum_and_by_the_concurrency) {
    auto limits = options(6);
    limits.connect_concurrency = 4;
    pool_core core{limits, 1};
    std::vector<pool_waiter> waiters(100);
    for (auto& waiter : waiters)
        core.enqueue(waiter);
    BOOST_TEST(core.connects_due(at(0ms)) == 4u);
    BOOST_TEST(core.connects_due(at(0ms)) == 0u);
    core.connected(nullptr);
    BOOST_TEST(core.connects_due(at(0ms)) == 1u);
    for (int i = 0; i < 4; ++i)
        core.connected(nullptr);
    BOOST_TEST(core.connects_due(at(0ms)) == 1u);
    core.connected(nullptr);
    BOOST_TEST(core.connects_due(at(0ms)) == 0u);
    BOOST_TEST(core.open() == 6u);
    send_away(core);
}

BOOST_AUTO_TEST_CASE(the_minimum_is_kept_open_without_waiters) {
    pool_core core{options(5, 3), 1};
    BOOST_TEST(core.connects_due(at(0ms)) == 3u);
    core.connected(nullptr);
    core.connected(nullptr);
    auto& slot = core.connected(nullptr);
    BOOST_TEST(core.connects_due(at(0ms)) == 0u);
    core.remove(slot);
    BOOST_TEST(core.connects_due(at(0ms)) == 1u);
}

BOOST_AUTO_TEST_CASE(a_connect_outlives_the_cancelled_waiter_that_caused_it) {
    pool_core core{options(1), 1};
    pool_waiter waiter;
    core.enqueue(waiter);
    BOOST_TEST(core.connects_due(at(0ms)) == 1u);
    core.withdraw(waiter);
    core.connected(nullptr);
    BOOST_TEST(core.statistics().idle == 1u);
    BOOST_TEST(core.take(session{}) != nullptr);
}

BOOST_AUTO_TEST_CASE(a_freed_connection_serves_a_waiter_whose_connect_is_under_way) {
    pool_core core{options(2), 1};
    auto const slots = fill(core, 1);
    pool_waiter waiter;
    core.enqueue(waiter);
    BOOST_TEST(core.connects_due(at(0ms)) == 1u);
    core.give_back(*slots[0]);
    BOOST_TEST(core.next_granted() == &waiter);
}

BOOST_AUTO_TEST_CASE(after_a_failed_connect_one_prober_tries_again_later_and_later) {
    auto limits = options(4);
    limits.retry.delay = 100ms;
    limits.retry.maximum_delay = 400ms;
    pool_core core{limits, 7};
    std::vector<pool_waiter> waiters(4);
    for (auto& waiter : waiters)
        core.enqueue(waiter);
    BOOST_TEST(core.connects_due(at(0ms)) == 4u);
    for (int i = 0; i < 4; ++i)
        core.connect_failed(at(0ms));

    auto now = at(0ms);
    for (auto const bound : {400ms, 400ms, 400ms}) {
        auto const next = core.next_event();
        BOOST_TEST_REQUIRE(next.has_value());
        BOOST_TEST((*next > now));
        BOOST_TEST((*next <= now + bound));
        BOOST_TEST(core.connects_due(*next - 1ms) == 0u);
        now = *next;
        BOOST_TEST(core.connects_due(now) == 1u);
        BOOST_TEST(core.connects_due(now) == 0u);
        core.connect_failed(now);
    }
    BOOST_TEST(core.connects_due(*core.next_event()) == 1u);
    core.connected(nullptr);
    BOOST_TEST(core.next_granted() == &waiters[0]);
    BOOST_TEST(core.connects_due(now) == 3u);
    send_away(core);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_being_cleaned_counts_and_serves_the_next_waiter) {
    pool_core core{options(1), 1};
    auto const slots = fill(core, 1);
    core.start_cleaning(*slots[0]);
    BOOST_TEST(core.statistics().closing == 1u);
    BOOST_TEST(core.statistics().in_use == 0u);
    pool_waiter waiter;
    core.enqueue(waiter);
    BOOST_TEST(core.connects_due(at(0ms)) == 0u);
    core.give_back(*slots[0]);
    BOOST_TEST(core.next_granted() == &waiter);
}

BOOST_AUTO_TEST_CASE(bad_options_are_all_named) {
    pool_options bad;
    bad.maximum = 0;
    bad.minimum = 3;
    bad.acquire_timeout = -1ms;
    BOOST_TEST(bad.problems().size() == 3u);
    BOOST_CHECK_EXCEPTION(bad.checked(), copg::error, [](copg::error const& e) {
        std::string const text = e.what();
        return e.code() == copg::errc::invalid_configuration &&
               text.find("maximum must be") != text.npos && text.find("minimum (3)") != text.npos &&
               text.find("acquire_timeout") != text.npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
