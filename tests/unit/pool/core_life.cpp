// SPDX-License-Identifier: BSL-1.0
// When connections go, are checked, and are reported.
#include "support/scripted_core.hpp"

using namespace copg::test;
using copg::close_reason;
using copg::pool_options;

namespace {

/// Options without anything that happens by itself.
pool_options quiet(std::size_t maximum, std::size_t minimum = 0) {
    auto made = pool_of(maximum, minimum);
    made.lifetime = made.health_interval = 0ms;
    made.idle_time = 0ms;
    return made;
}

/// Lets time pass as a timer does: every event is met.
void run_for(scripted_core& pool, scripted_core::duration time) {
    auto const until = pool.now + time;
    for (auto next = pool.core.next_event(); next && *next <= until; next = pool.core.next_event())
        pool.pass(std::max(*next, pool.now) - pool.now), pool.sweep();
    pool.pass(until - pool.now);
}

std::uint64_t closed(scripted_core const& pool, close_reason reason) {
    return pool.statistics().closed(reason);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_core_life)

BOOST_AUTO_TEST_CASE(a_pool_in_which_all_is_off_has_no_events) {
    scripted_core pool{quiet(2)};
    pool.fill_idle(2);
    BOOST_TEST(!pool.core.next_event().has_value());
}

BOOST_AUTO_TEST_CASE(each_connection_expires_once_its_lifetime_less_its_own_jitter_is_over) {
    auto options = quiet(20);
    options.lifetime = 1h;
    options.lifetime_jitter = 0.25;
    scripted_core pool{options};
    pool.fill_idle(20);
    std::vector<pool_time> ends;
    for (auto const& slot : pool.core.slots())
        ends.push_back(slot.expires_at);
    std::sort(ends.begin(), ends.end());
    BOOST_TEST((ends.front() >= pool.now + 45min));
    BOOST_TEST((ends.back() <= pool.now + 1h));
    BOOST_TEST((ends.back() - ends.front() >= 5min)); // they do not all go together
    run_for(pool, 45min);
    BOOST_TEST(pool.statistics().idle == 20u);
    run_for(pool, 15min);
    BOOST_TEST(closed(pool, close_reason::lifetime) == 20u);
}

BOOST_AUTO_TEST_CASE(a_connection_never_expires_under_its_user_but_when_it_is_given_back) {
    auto options = quiet(1);
    options.lifetime = 1h;
    scripted_core pool{options};
    auto const slots = pool.fill(1);
    run_for(pool, 2h);
    BOOST_TEST(pool.statistics().in_use == 1u);
    BOOST_TEST(pool.give(*slots[0]) == "lifetime");
}

BOOST_AUTO_TEST_CASE(while_the_server_refuses_an_old_connection_is_better_than_none) {
    auto options = quiet(2, 1);
    options.lifetime = 1h;
    options.lifetime_jitter = 0;
    scripted_core pool{options};
    pool.fill_idle(1);
    pool.pass(1h - 30s);
    BOOST_TEST(pool.connects() == 1u);
    pool.fail_connect();
    for (int minutes = 0; minutes < 5; ++minutes) {
        pool.pass(1min);
        BOOST_TEST(pool.sweep() == "");
        auto* const old = pool.take();
        BOOST_TEST_REQUIRE(old != nullptr);
        BOOST_TEST(pool.give(*old) == "");
    }
    BOOST_TEST(pool.connects() == 1u);
    BOOST_TEST(pool.connect() != nullptr); // the server is back
    BOOST_TEST(pool.sweep() == "lifetime");
    BOOST_TEST(pool.statistics().idle == 1u);
}

BOOST_AUTO_TEST_CASE(an_outage_without_delays_does_not_keep_the_clock_busy) {
    auto options = quiet(2, 1);
    options.lifetime = 1min;
    options.retry.delay = options.retry.maximum_delay = 0ms;
    scripted_core pool{options};
    pool.fill_idle(1);
    pool.core.resize(2, 2);
    BOOST_TEST(pool.connects() == 1u);
    pool.fail_connect();
    pool.pass(2min); // it has expired, and stays
    BOOST_TEST(pool.sweep() == "");
    BOOST_TEST(pool.connects() == 1u);
    BOOST_TEST((*pool.core.next_event() > pool.now));
}

BOOST_AUTO_TEST_CASE(what_is_closing_needs_no_successor) {
    auto options = quiet(5, 1);
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

BOOST_AUTO_TEST_CASE(connections_that_nobody_needed_for_an_idle_time_go_down_to_the_minimum) {
    auto options = quiet(10, 2);
    options.idle_time = 4min;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(6);
    run_for(pool, 4min - 1ms);
    BOOST_TEST(pool.statistics().idle == 6u);
    run_for(pool, 1min + 1ms);
    BOOST_TEST(pool.statistics().idle == 2u);
    BOOST_TEST(closed(pool, close_reason::idle) == 4u);
    BOOST_TEST(pool.take() == slots[5]); // those that were used last are kept
    BOOST_TEST(pool.take() == slots[4]);
}

BOOST_AUTO_TEST_CASE(what_a_short_peak_needs_once_in_each_idle_time_is_kept) {
    auto options = quiet(10);
    options.idle_time = 4min;
    scripted_core pool{options};
    pool.fill_idle(6);
    for (int i = 0; i < 10; ++i) {
        std::vector<pool_slot*> used;
        for (int n = 0; n < 4; ++n) {
            used.push_back(pool.take());
            BOOST_TEST_REQUIRE(used.back() != nullptr);
        }
        for (auto* const slot : used)
            pool.give(*slot);
        run_for(pool, 3min);
    }
    BOOST_TEST(pool.statistics().idle == 4u); // two were never needed
    BOOST_TEST(closed(pool, close_reason::idle) == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_lost_while_idle_is_not_closed_once_more_for_want_of_use) {
    auto options = quiet(10);
    options.idle_time = 4min;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(6);
    auto const use = [&pool](int count) {
        std::vector<pool_slot*> used;
        for (int n = 0; n < count; ++n)
            used.push_back(pool.take());
        for (auto* const slot : used)
            pool.give(*slot);
    };
    run_for(pool, 3min);
    use(4);
    pool.lose(*slots[0]);
    pool.lose(*slots[1]);
    run_for(pool, 2min); // the two that were not needed have gone already
    BOOST_TEST(pool.statistics().idle == 4u);
}

BOOST_AUTO_TEST_CASE(an_idle_time_of_zero_keeps_all_and_one_not_set_follows_the_lifetime) {
    scripted_core kept{quiet(3)};
    kept.fill_idle(3);
    run_for(kept, 24h);
    BOOST_TEST(kept.statistics().idle == 3u);

    auto options = quiet(3);
    options.idle_time.reset();
    scripted_core half_an_hour{options};
    half_an_hour.fill_idle(3);
    run_for(half_an_hour, 30min - 1ms);
    BOOST_TEST(half_an_hour.statistics().idle == 3u);
    run_for(half_an_hour, 8min);
    BOOST_TEST(closed(half_an_hour, close_reason::idle) == 3u);

    options.lifetime = 10min;
    scripted_core shorter{options};
    shorter.fill_idle(3);
    BOOST_TEST((*shorter.core.next_event() == shorter.now + 150s));
}

BOOST_AUTO_TEST_CASE(no_more_than_the_maximum_idle_is_kept_and_zero_keeps_none) {
    for (auto const& [most, kept] :
         {std::pair{std::optional<std::size_t>{0}, 0u}, {{2}, 2u}, {{}, 4u}}) {
        auto options = quiet(4);
        options.maximum_idle = most;
        scripted_core pool{options};
        auto const slots = pool.fill(4);
        for (std::size_t i = 0; i < 4; ++i)
            BOOST_TEST(pool.give(*slots[i]) == (i < kept ? "" : "maximum idle"));
        BOOST_TEST(pool.statistics().idle == kept);
        BOOST_TEST(closed(pool, close_reason::maximum_idle) == 4u - kept);
    }
}

BOOST_AUTO_TEST_CASE(what_a_waiter_needs_is_no_idle_connection) {
    auto options = quiet(2);
    options.maximum_idle = 0;
    scripted_core pool{options};
    auto const slots = pool.fill(1);
    auto& waiter = pool.wait();
    BOOST_TEST(pool.give(*slots[0]) == "");
    BOOST_TEST(pool.grant() == &waiter);
    BOOST_TEST(pool.give(*slots[0]) == "maximum idle");
}

BOOST_AUTO_TEST_CASE(what_was_kept_for_a_waiter_that_expired_is_idle_after_all) {
    auto options = quiet(2);
    options.maximum_idle = 0;
    scripted_core pool{options};
    auto const slots = pool.fill(1);
    pool.wait({}, 10ms);
    BOOST_TEST(pool.give(*slots[0]) == "");
    pool.pass(10ms);
    BOOST_TEST(pool.core.next_expired(pool.now) != nullptr);
    BOOST_TEST(pool.sweep() == "maximum idle");
}

BOOST_AUTO_TEST_CASE(idle_connections_are_asked_for_a_sign_of_life_in_rounds) {
    auto options = quiet(8);
    options.health_interval = 30s;
    scripted_core pool{options};
    pool.fill_idle(8);
    pool.pass(15s);
    BOOST_TEST(pool.core.next_to_check(pool.now) == nullptr); // none is due
    pool.pass(15s);
    std::vector<pool_slot*> asked;
    while (auto* const slot = pool.core.next_to_check(pool.now))
        asked.push_back(slot);
    BOOST_TEST(asked.size() == 2u); // the others stay available
    BOOST_TEST(pool.statistics().closing == 2u);
    BOOST_TEST(pool.statistics().idle == 6u);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        BOOST_TEST(!pool.core.check_ended(*asked[i], pool.now).has_value());
        while (auto* const slot = pool.core.next_to_check(pool.now))
            asked.push_back(slot);
    }
    BOOST_TEST(asked.size() == 8u); // each once
    BOOST_TEST(pool.statistics().checks == 8u);
    pool.pass(15s);
    BOOST_TEST(pool.core.next_to_check(pool.now) == nullptr);
}

BOOST_AUTO_TEST_CASE(what_was_used_of_late_needs_no_check_and_what_does_not_answer_goes) {
    auto options = quiet(2);
    options.health_interval = 30s;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(2);
    pool.pass(15s);
    auto* const used = pool.take();
    BOOST_TEST(used == slots[1]);
    pool.give(*used);
    pool.pass(15s);
    BOOST_TEST(pool.core.next_to_check(pool.now) == slots[0]);
    BOOST_TEST(pool.core.next_to_check(pool.now) == nullptr);
    pool.core.check_failed(*slots[0]);
    pool.core.remove(*slots[0], close_reason::unusable, pool.now);
    BOOST_TEST(pool.statistics().open == 1u);
    BOOST_TEST(closed(pool, close_reason::unusable) == 1u);
    pool.pass(15s);
    BOOST_TEST(pool.core.next_to_check(pool.now) == used); // the next round is not disturbed
}

BOOST_AUTO_TEST_CASE(a_connection_is_as_long_unused_after_its_check_as_before) {
    auto options = quiet(2);
    options.health_interval = 30s;
    options.lifetime = 1h;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(2);
    auto const since = slots[0]->since;
    pool.pass(30s);
    auto* const asked = pool.core.next_to_check(pool.now);
    pool.core.check_ended(*asked, pool.now);
    BOOST_TEST((asked->since == since));
    BOOST_TEST((asked->last_sign == pool.now));
    auto* const again = pool.core.next_to_check(pool.now);
    pool.core.refresh(); // while it is asked
    BOOST_TEST((pool.core.check_ended(*again, pool.now) == close_reason::refreshed));
}

BOOST_AUTO_TEST_CASE(a_round_of_checks_leaves_the_order_of_use_as_it_was) {
    auto options = quiet(5);
    options.health_interval = 30s;
    scripted_core pool{options};
    auto const slots = pool.fill(5);
    for (auto* const slot : slots) {
        pool.now += 1s;
        pool.give(*slot, slot != slots[2]);
    }
    pool.pass(15s);
    pool.pass(30s);
    int checked = 0;
    for (; auto* const slot = pool.core.next_to_check(pool.now); ++checked)
        pool.core.check_ended(*slot, pool.now);
    BOOST_TEST(checked == 5);
    BOOST_TEST(pool.core.next_to_close(pool.now).slot == nullptr);
    pool.core.resize(0, 4);
    pool.wait();
    for (auto const i : {4u, 3u, 2u, 1u, 0u}) { // waiters get the last used, clean or not
        pool.wait();
        BOOST_TEST(pool.grant()->granted == slots[i]);
    }
}

BOOST_AUTO_TEST_CASE(checks_are_due_though_all_were_in_use_when_it_was_last_asked) {
    auto options = quiet(1);
    options.health_interval = 30s;
    scripted_core pool{options};
    auto const slots = pool.fill(1);
    auto const next = pool.core.next_event();
    BOOST_TEST_REQUIRE(next.has_value());
    pool.give(*slots[0]); // and nobody asks what follows from that
    BOOST_TEST((*next == pool.now + 15s));
}

BOOST_AUTO_TEST_CASE(a_long_use_is_reported_once) {
    auto options = quiet(3);
    options.leak_threshold = 10s;
    scripted_core pool{options};
    auto const slots = pool.fill(2);
    pool.give(*slots[1]);
    pool.pass(5s);
    auto* const later = pool.take();
    pool.pass(5s);
    BOOST_TEST(pool.core.next_to_report(pool.now) == slots[0]);
    BOOST_TEST(pool.core.next_to_report(pool.now) == nullptr);
    BOOST_TEST((*pool.core.next_event() == pool.now + 5s));
    pool.pass(5s);
    BOOST_TEST(pool.core.next_to_report(pool.now) == later);
    BOOST_TEST(pool.core.next_to_report(pool.now) == nullptr);
    run_for(pool, 1min);
    BOOST_TEST(pool.core.next_to_report(pool.now) == nullptr);
    pool.give(*slots[0]);
    BOOST_TEST(pool.take() == slots[0]);
    pool.pass(15s);
    BOOST_TEST(pool.core.next_to_report(pool.now) == slots[0]); // another use, another report
    BOOST_TEST(pool.statistics().long_leases == 3u);
}

BOOST_AUTO_TEST_CASE(a_smaller_maximum_closes_idle_connections_now_and_others_when_they_come_back) {
    scripted_core pool{quiet(4)};
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
    scripted_core pool{quiet(4)};
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
    scripted_core pool{quiet(1)};
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
    scripted_core pool{quiet(2)};
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
    scripted_core pool{quiet(3, 1)};
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
    auto options = quiet(3);
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
    BOOST_TEST(closed(pool, close_reason::pool_closed) == 3u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_lost_while_idle_is_found_by_its_identity) {
    scripted_core pool{quiet(2)};
    auto const slots = pool.fill(2);
    BOOST_TEST(pool.core.find_idle(nullptr) == nullptr); // in use: whoever has it will see
    pool.give(*slots[1]);
    BOOST_TEST(pool.core.find_idle(nullptr) == slots[1]);
    pool.lose(*slots[1]);
    BOOST_TEST(pool.core.find_idle(nullptr) == nullptr);
    BOOST_TEST(closed(pool, close_reason::lost) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
