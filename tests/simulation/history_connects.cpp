// SPDX-License-Identifier: BSL-1.0
// What went wrong when other pools connected, and must not here.
#include "simulation/virtual_pool.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace copg::test;
using copg::close_reason;
using copg::pool_options;
using copg::session;
using duration = virtual_pool::duration;

namespace {

pool_options of_size(std::size_t minimum, std::size_t maximum) {
    pool_options options;
    options.minimum = minimum;
    options.maximum = maximum;
    return options;
}

std::size_t idle(virtual_pool const& pool) {
    return pool.core.statistics(pool.now).idle;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_history_of_connects)

// pgx 1780: callers that give up against a slow server started connect after connect
BOOST_AUTO_TEST_CASE(a_cancel_storm_starts_no_more_connects_than_are_needed) {
    virtual_pool pool{of_size(0, 50)};
    pool.connect_time = 2s;
    for (int i = 0; i < 1'000; ++i) {
        auto* const waiter = pool.arrive(session{}, 1ms);
        pool.run_for(5ms);
        if (waiter != nullptr && pool.core.waiting() > 0)
            pool.cancel(*waiter);
    }
    BOOST_TEST(pool.connects <= 2u); // in five seconds
    BOOST_TEST(pool.core.statistics(pool.now).acquired > 0u);
}

// psycopg (django-async-backend 28): the pool did not grow while stale waiters were thrown out
BOOST_AUTO_TEST_CASE(cancelled_waiters_do_not_stall_growth) {
    virtual_pool pool{of_size(0, 20)};
    pool.connect_time = 10ms;
    for (int i = 0; i < 10'000; ++i)
        if (auto* const waiter = pool.arrive(session{}, 1s); waiter != nullptr && i >= 20)
            pool.cancel(*waiter);
    pool.run_for(100ms);
    BOOST_TEST(pool.core.statistics(pool.now).in_use == 20u);
}

// pgx 1259 and 1287: a connect ended with the caller that had caused it
BOOST_AUTO_TEST_CASE(a_connect_whose_caller_has_gone_warms_the_pool) {
    virtual_pool pool{of_size(0, 5)};
    pool.connect_time = 1s;
    pool.cancel(*pool.arrive(session{}, 1ms));
    pool.run_for(2s);
    BOOST_TEST(idle(pool) == 1u);
    BOOST_TEST(pool.arrive(session{}, 1ms) == nullptr);
}

// sqlx 3132: a timeout around all made connections that nobody used, thousands in a second
BOOST_AUTO_TEST_CASE(connections_made_under_contention_are_all_used) {
    virtual_pool pool{of_size(0, 10)};
    pool.connect_time = 20ms;
    std::set<pool_slot const*> used;
    std::set<std::size_t> waiting; // by number: those who have gone are gone
    pool.granted = [&](auto const& user, duration) {
        used.insert(user.granted);
        waiting.erase(user.number);
    };
    std::size_t closed = 0;
    pool.closed = [&](auto const&, close_reason) { ++closed; };
    for (std::size_t i = 0; i < 5'000; ++i) { // about as many as can be served within their limits
        if (auto* const waiter = pool.arrive(session{}, 10ms, i)) {
            waiting.insert(i);
            pool.after(150ms, [&, waiter, i] {
                if (waiting.erase(i) > 0)
                    pool.cancel(*waiter);
            });
        }
        pool.run_for(1ms);
    }
    BOOST_TEST(pool.connects == pool.core.open());
    BOOST_TEST(pool.connects <= 10u);
    BOOST_TEST(used.size() == pool.connects);
    BOOST_TEST(closed == 0u);
}

// HikariCP's spike; node-postgres 557 and 2276: each caller of a spike made a connection of its own
BOOST_AUTO_TEST_CASE(a_burst_of_short_uses_does_not_fill_the_pool) {
    virtual_pool pool{of_size(2, 100)};
    pool.connect_time = 100ms;
    pool.run_for(1s);
    for (int i = 0; i < 100; ++i)
        pool.arrive(session{}, 1ms);
    pool.run_for(1s);
    BOOST_TEST(pool.core.open() <= 3u);
}

// PgBouncer 478, requirements X70: after an outage the server was met by all at once
BOOST_AUTO_TEST_CASE(a_server_that_is_back_is_met_by_one_then_by_few) {
    auto options = of_size(20, 20);
    options.connect_concurrency = 20;
    virtual_pool pool{options};
    pool.connect_time = 10ms;
    pool.run_for(1s);
    pool.connect_succeeds = [] { return false; };
    pool.lose_idle();
    pool.run_for(1min);
    auto const before = pool.connects;
    pool.most_connecting = 0;
    pool.run_for(10s);
    BOOST_TEST(pool.most_connecting == 1u);
    BOOST_TEST(pool.connects - before <= 5u);
    pool.connect_succeeds = [] { return true; };
    while (idle(pool) == 0)
        pool.run_for(1ms);
    BOOST_TEST(pool.core.statistics(pool.now).connecting == 2u);
    pool.run_for(100ms);
    BOOST_TEST(idle(pool) == 20u);
}

// requirements X66: the given delays were ignored, and the first wait was the second one's
BOOST_AUTO_TEST_CASE(tries_follow_one_another_after_the_delays_that_were_given) {
    auto options = of_size(1, 5);
    options.retry.delay = 1s;
    options.retry.maximum_delay = 10s;
    options.retry.jitter = 0;
    virtual_pool pool{options};
    pool.connect_time = 0ms;
    std::vector<duration> tries;
    auto const start = pool.now;
    pool.connect_succeeds = [&] { return tries.push_back(pool.now - start), false; };
    pool.run_for(16s);
    BOOST_TEST((tries == std::vector<duration>{0s, 1s, 3s, 7s, 15s}));
}

BOOST_AUTO_TEST_SUITE_END()
