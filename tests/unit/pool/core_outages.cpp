// SPDX-License-Identifier: BSL-1.0
// How connecting goes on after a failure.
#include "support/scripted_core.hpp"

using namespace copg::test;

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

BOOST_AUTO_TEST_SUITE(test_pool_core_outages)

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
    pool.lose(*pool.connect());
    BOOST_TEST(pool.connects() == 3u); // up to 4
    pool.lose(*pool.connect());
    BOOST_TEST(pool.connects() == 5u); // up to 8
    BOOST_TEST(pool.statistics().connect_failures_in_a_row == 0u);
}

BOOST_AUTO_TEST_CASE(when_a_recovery_has_ended_the_server_is_trusted_as_before) {
    auto options = pool_of(10);
    options.connect_concurrency = 4;
    scripted_core pool{options};
    press(pool, 1);
    pool.connects();
    pool.fail_connect();
    pool.now = *pool.core.next_event();
    BOOST_TEST(pool.connects() == 1u);
    auto* const only = pool.connect();
    pool.grant();
    BOOST_TEST(pool.connects() == 0u); // no more are needed
    pool.lose(*only);
    press(pool, 9);
    BOOST_TEST(pool.connects() == 4u);
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

BOOST_AUTO_TEST_SUITE_END()
