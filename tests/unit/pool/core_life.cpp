// SPDX-License-Identifier: BSL-1.0
// When connections go, are checked, and are reported.
#include "support/scripted_core.hpp"

using namespace copg::test;
using copg::close_reason;

BOOST_AUTO_TEST_SUITE(test_pool_core_life)

BOOST_AUTO_TEST_CASE(a_pool_in_which_all_is_off_has_no_events) {
    scripted_core pool{pool_at_rest(2)};
    pool.fill_idle(2);
    BOOST_TEST(!pool.core.next_event().has_value());
}

BOOST_AUTO_TEST_CASE(each_connection_expires_once_its_lifetime_less_its_own_jitter_is_over) {
    auto options = pool_at_rest(20);
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
    pool.run_for(45min);
    BOOST_TEST(pool.statistics().idle == 20u);
    pool.run_for(15min);
    BOOST_TEST(pool.statistics().closed(close_reason::lifetime) == 20u);
}

BOOST_AUTO_TEST_CASE(a_connection_never_expires_under_its_user_but_when_it_is_given_back) {
    auto options = pool_at_rest(1);
    options.lifetime = 1h;
    scripted_core pool{options};
    auto const slots = pool.fill(1);
    pool.run_for(2h);
    BOOST_TEST(pool.statistics().in_use == 1u);
    BOOST_TEST(pool.give(*slots[0]) == "lifetime");
}

BOOST_AUTO_TEST_CASE(while_the_server_refuses_an_old_connection_is_better_than_none) {
    auto options = pool_at_rest(2, 1);
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

BOOST_AUTO_TEST_CASE(a_failed_connect_that_nobody_repeats_does_not_switch_the_lifetime_off) {
    auto options = pool_at_rest(4);
    options.lifetime = 1h;
    options.lifetime_jitter = 0;
    scripted_core pool{options};
    auto const slots = pool.fill(3);
    auto& waiter = pool.wait();
    BOOST_TEST(pool.connects() == 1u);
    pool.fail_connect();
    pool.core.withdraw(waiter, pool.now);
    for (auto* const slot : slots)
        BOOST_TEST(pool.give(*slot) == "");
    pool.run_for(1h); // enough are idle to do without successors
    BOOST_TEST(pool.statistics().closed(close_reason::lifetime) >= 2u);
}

BOOST_AUTO_TEST_CASE(an_outage_without_delays_does_not_keep_the_clock_busy) {
    auto options = pool_at_rest(2, 1);
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

BOOST_AUTO_TEST_CASE(connections_that_nobody_needed_for_an_idle_time_go_down_to_the_minimum) {
    auto options = pool_at_rest(10, 2);
    options.idle_time = 4min;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(6);
    pool.run_for(4min - 1ms);
    BOOST_TEST(pool.statistics().idle == 6u);
    pool.run_for(1min + 1ms);
    BOOST_TEST(pool.statistics().idle == 2u);
    BOOST_TEST(pool.statistics().closed(close_reason::idle) == 4u);
    BOOST_TEST(pool.take() == slots[5]); // those that were used last are kept
    BOOST_TEST(pool.take() == slots[4]);
}

BOOST_AUTO_TEST_CASE(what_a_short_peak_needs_once_in_each_idle_time_is_kept) {
    auto options = pool_at_rest(10);
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
        pool.run_for(3min);
    }
    BOOST_TEST(pool.statistics().idle == 4u); // two were never needed
    BOOST_TEST(pool.statistics().closed(close_reason::idle) == 2u);
}

BOOST_AUTO_TEST_CASE(what_the_minimum_kept_is_no_reason_to_close_others_later) {
    auto options = pool_at_rest(10, 3);
    options.idle_time = 4min;
    scripted_core pool{options};
    pool.fill_idle(4);
    for (int i = 0; i < 5; ++i)
        pool.pass(1min); // nobody needed any of the four
    BOOST_TEST(pool.sweep() == "idle");
    BOOST_TEST(!pool.core.next_event().has_value()); // nothing more to close
    auto const slots = pool.fill(6);
    for (auto* const slot : slots)
        pool.give(*slot);
    BOOST_TEST(pool.sweep() == "");
}

BOOST_AUTO_TEST_CASE(what_is_lost_while_idle_is_not_closed_once_more_for_want_of_use) {
    auto options = pool_at_rest(10);
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
    pool.run_for(3min);
    use(4);
    pool.lose(*slots[0]);
    pool.lose(*slots[1]);
    pool.run_for(2min); // the two that were not needed have gone already
    BOOST_TEST(pool.statistics().idle == 4u);
}

BOOST_AUTO_TEST_CASE(an_idle_time_of_zero_keeps_all_and_one_not_set_follows_the_lifetime) {
    scripted_core kept{pool_at_rest(3)};
    kept.fill_idle(3);
    kept.run_for(24h);
    BOOST_TEST(kept.statistics().idle == 3u);

    auto options = pool_at_rest(3);
    options.idle_time.reset();
    scripted_core half_an_hour{options};
    half_an_hour.fill_idle(3);
    half_an_hour.run_for(30min - 1ms);
    BOOST_TEST(half_an_hour.statistics().idle == 3u);
    half_an_hour.run_for(8min);
    BOOST_TEST(half_an_hour.statistics().closed(close_reason::idle) == 3u);

    options.lifetime = 10min;
    scripted_core shorter{options};
    shorter.fill_idle(3);
    BOOST_TEST((*shorter.core.next_event() == shorter.now + 150s));
}

BOOST_AUTO_TEST_CASE(no_more_than_the_maximum_idle_is_kept_and_zero_keeps_none) {
    for (auto const& [most, kept] :
         {std::pair{std::optional<std::size_t>{0}, 0u}, {{2}, 2u}, {{}, 4u}}) {
        auto options = pool_at_rest(4);
        options.maximum_idle = most;
        scripted_core pool{options};
        auto const slots = pool.fill(4);
        for (std::size_t i = 0; i < 4; ++i)
            BOOST_TEST(pool.give(*slots[i]) == (i < kept ? "" : "maximum idle"));
        BOOST_TEST(pool.statistics().idle == kept);
        BOOST_TEST(pool.statistics().closed(close_reason::maximum_idle) == 4u - kept);
    }
}

BOOST_AUTO_TEST_CASE(what_a_waiter_needs_is_no_idle_connection) {
    auto options = pool_at_rest(2);
    options.maximum_idle = 0;
    scripted_core pool{options};
    auto const slots = pool.fill(1);
    auto& waiter = pool.wait();
    BOOST_TEST(pool.give(*slots[0]) == "");
    BOOST_TEST(pool.grant() == &waiter);
    BOOST_TEST(pool.give(*slots[0]) == "maximum idle");
}

BOOST_AUTO_TEST_CASE(what_was_kept_for_a_waiter_that_expired_is_idle_after_all) {
    auto options = pool_at_rest(2);
    options.maximum_idle = 0;
    scripted_core pool{options};
    auto const slots = pool.fill(1);
    pool.wait({}, 10ms);
    BOOST_TEST(pool.give(*slots[0]) == "");
    pool.pass(10ms);
    BOOST_TEST(pool.core.next_expired(pool.now) != nullptr);
    BOOST_TEST(pool.sweep() == "maximum idle");
}

BOOST_AUTO_TEST_SUITE_END()
