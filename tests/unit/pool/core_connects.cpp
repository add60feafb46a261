// SPDX-License-Identifier: BSL-1.0
// How many connections are made, and when.
#include "support/scripted_core.hpp"

using namespace copg::test;
using copg::close_reason;
using copg::pool_options;

namespace {

/// Tries again as soon as may be, and fails. @return the time between
scripted_core::duration next_try_fails(scripted_core& pool) {
    auto const next = pool.core.next_event();
    BOOST_TEST_REQUIRE(next.has_value());
    auto const waited = *next - pool.now;
    pool.pass(waited - 1ms);
    BOOST_TEST(pool.connects() == 0u);
    pool.pass(1ms);
    BOOST_TEST(pool.connects() == 1u);
    BOOST_TEST(pool.connects() == 0u); // one prober
    pool.fail_connect();
    return waited;
}

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

BOOST_AUTO_TEST_CASE(after_a_failure_one_prober_tries_again_later_and_later_within_the_jitter) {
    for (auto const& [jitter, least] : {std::pair{0.5, 0.5}, {0.0, 1.0}, {1.0, 0.0}}) {
        auto options = pool_of(4);
        options.connect_concurrency = 1;
        options.retry.delay = 100ms;
        options.retry.multiplier = 3;
        options.retry.maximum_delay = 2s;
        options.retry.jitter = jitter;
        scripted_core pool{options};
        press(pool, 4);
        BOOST_TEST(pool.connects() == 1u);
        pool.fail_connect();
        for (auto const whole : {100ms, 300ms, 900ms, 2'000ms, 2'000ms}) {
            auto const waited = std::chrono::duration<double, std::milli>{next_try_fails(pool)};
            BOOST_TEST(waited.count() <= static_cast<double>(whole.count()));
            BOOST_TEST(waited.count() >= static_cast<double>(whole.count()) * least - 1);
        }
        BOOST_TEST(pool.statistics().connect_failures_in_a_row == 6u);
        BOOST_TEST(pool.statistics().connects_failed == 6u);
    }
}

BOOST_AUTO_TEST_CASE(attempts_that_fail_together_are_one_try) {
    auto options = pool_of(4);
    options.retry.attempts = 3;
    options.retry.delay = 100ms;
    options.retry.jitter = 0;
    scripted_core pool{options};
    press(pool, 4);
    BOOST_TEST(pool.connects() == 4u);
    for (int i = 0; i < 4; ++i)
        pool.fail_connect();
    BOOST_TEST(pool.statistics().connect_failures_in_a_row == 1u);
    BOOST_TEST(!pool.core.gate().exhausted());
    BOOST_TEST((next_try_fails(pool) == 100ms)); // not what four failures would have grown it to
    BOOST_TEST((next_try_fails(pool) == 200ms));
    BOOST_TEST(pool.core.gate().exhausted());
}

BOOST_AUTO_TEST_CASE(jitter_spreads_the_tries_of_pools_that_failed_together) {
    std::vector<pool_time> tries;
    for (unsigned seed = 1; seed <= 20; ++seed) {
        pool_core core{pool_of(1, 1), seed};
        pool_time const now{1h};
        core.connects_due(now);
        core.connect_failed(now);
        tries.push_back(*core.next_event());
    }
    std::sort(tries.begin(), tries.end());
    BOOST_TEST((std::unique(tries.begin(), tries.end()) - tries.begin()) >= 10);
    BOOST_TEST((tries.back() - tries.front() >= 20ms));
}

BOOST_AUTO_TEST_CASE(when_the_server_is_back_connects_ramp_up_even_from_none) {
    auto options = pool_of(50);
    options.connect_concurrency = 8;
    scripted_core pool{options};
    press(pool, 40);
    for (auto due = pool.connects(); due > 0; --due)
        pool.fail_connect();
    pool.now = *pool.core.next_event();
    BOOST_TEST(pool.connects() == 1u);
    auto* const first = pool.connect();
    BOOST_TEST(pool.connects() == 2u);
    pool.lose(*first); // none is left, but it did answer
    BOOST_TEST(pool.connects() == 0u);
    pool.connect();
    BOOST_TEST(pool.connects() == 3u); // up to 4
    pool.connect();
    BOOST_TEST(pool.connects() == 5u); // up to 8
    BOOST_TEST(pool.statistics().connect_failures_in_a_row == 0u);
}

BOOST_AUTO_TEST_CASE(the_policys_tries_are_used_up_until_one_succeeds) {
    auto options = pool_of(1);
    options.retry.attempts = 2;
    scripted_core pool{options};
    press(pool, 1);
    pool.connects();
    pool.fail_connect();
    BOOST_TEST(!pool.core.gate().exhausted());
    next_try_fails(pool);
    BOOST_TEST(pool.core.gate().exhausted());
    BOOST_TEST(pool.core.gate().shut(pool.now));
    pool.now = *pool.core.next_event(); // it is tried again none the less
    BOOST_TEST(!pool.core.gate().shut(pool.now));
    BOOST_TEST(pool.connects() == 1u);
    pool.connect();
    BOOST_TEST(!pool.core.gate().exhausted());
}

BOOST_AUTO_TEST_CASE(without_a_bound_tries_are_never_used_up) {
    auto options = pool_of(1, 1);
    options.retry.attempts = 0;
    scripted_core pool{options};
    pool.connects();
    pool.fail_connect();
    for (int i = 0; i < 100; ++i)
        next_try_fails(pool);
    BOOST_TEST(!pool.core.gate().exhausted());
}

BOOST_AUTO_TEST_CASE(an_attempt_that_is_given_up_teaches_nothing) {
    scripted_core pool{pool_of(1, 1)};
    BOOST_TEST(pool.connects() == 1u);
    pool.core.connect_abandoned();
    BOOST_TEST(pool.statistics().connect_failures_in_a_row == 0u);
    BOOST_TEST(pool.statistics().connecting == 0u);
    BOOST_TEST(pool.connects() == 1u);
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

BOOST_AUTO_TEST_CASE(the_last_of_the_minimum_has_its_successor_before_it_expires) {
    auto options = pool_of(3, 2);
    options.lifetime = 10min;
    options.lifetime_jitter = 0;
    options.idle_time = 0ms;
    options.health_interval = 0ms;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(2);
    BOOST_TEST((pool.core.next_event() == pool.now + 9min + 30s));
    pool.pass(9min + 29s);
    BOOST_TEST(pool.connects() == 0u);
    pool.pass(1s);
    BOOST_TEST(pool.connects() == 1u); // there is room for one
    BOOST_TEST(pool.sweep().empty());
    BOOST_TEST(pool.connect() != nullptr);
    BOOST_TEST(pool.sweep() == "lifetime");
    BOOST_TEST(pool.connects() == 1u); // for the other one
    BOOST_TEST(pool.connect() != nullptr);
    BOOST_TEST(pool.sweep() == "lifetime");
    BOOST_TEST(pool.connects() == 0u);
    BOOST_TEST(pool.statistics().idle == 2u);
}

BOOST_AUTO_TEST_CASE(what_is_above_the_minimum_has_no_successor) {
    auto options = pool_of(4);
    options.lifetime = 10min;
    options.lifetime_jitter = 0;
    scripted_core pool{options};
    pool.fill_idle(3);
    pool.pass(9min + 30s);
    BOOST_TEST(pool.connects() == 0u);
    pool.pass(30s);
    BOOST_TEST(pool.sweep() == "lifetime, lifetime, lifetime");
    BOOST_TEST(pool.connects() == 0u);
}

BOOST_AUTO_TEST_CASE(a_successor_is_not_closed_as_one_idle_connection_too_many) {
    auto options = pool_of(3, 1);
    options.maximum_idle = 1;
    options.lifetime = 10min;
    options.lifetime_jitter = 0;
    scripted_core pool{options};
    pool.fill_idle(1);
    pool.pass(9min + 30s);
    BOOST_TEST(pool.connects() == 1u);
    BOOST_TEST(pool.connect() != nullptr);
    BOOST_TEST(pool.sweep() == "lifetime");
    BOOST_TEST(pool.connects() == 0u);
}

BOOST_AUTO_TEST_CASE(each_of_the_minimum_has_its_successor_even_if_another_one_is_lost) {
    auto options = pool_of(10, 3);
    options.lifetime = 10min;
    options.lifetime_jitter = 0;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(4);
    pool.pass(9min + 30s); // one is above the minimum, and needs no successor
    BOOST_TEST(pool.core.needs_connections() == false);
    pool.lose(*slots[3]);
    pool.lose(*slots[2]);
    BOOST_TEST(pool.connects() == 1u); // for the minimum
    pool.connect();
    BOOST_TEST(pool.sweep() == "");
}

BOOST_AUTO_TEST_CASE(only_those_that_count_for_the_minimum_are_replaced_ahead) {
    auto options = pool_of(10, 1);
    options.lifetime = 10min;
    options.lifetime_jitter = 0;
    options.connect_concurrency = 1;
    scripted_core pool{options};
    auto const slots = pool.fill(2);
    pool.give(*slots[0]);
    pool.pass(9min + 30s); // the idle one is the last one, as far as can be seen
    pool.give(*slots[1]);
    BOOST_TEST(pool.connects() == 1u);
    pool.lose(*slots[1]);
    pool.connect();
    BOOST_TEST(pool.sweep() == "lifetime");
    BOOST_TEST(pool.statistics().idle == 1u);
    BOOST_TEST(pool.connects() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
