// SPDX-License-Identifier: BSL-1.0
// What went wrong with the connections of other pools, and must not here.
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

BOOST_AUTO_TEST_SUITE(test_history_of_connections)

// HikariCP 1256, 1474, 1710, 2161; node-postgres PR 3696
BOOST_AUTO_TEST_CASE(a_pool_that_lost_all_its_connections_refills_its_minimum) {
    virtual_pool pool{of_size(5, 10)};
    pool.run_for(1s);
    BOOST_TEST(idle(pool) == 5u);
    for (int i = 0; i < 10; ++i) {
        pool.lose_idle();
        pool.run_for(1s);
        BOOST_TEST(idle(pool) == 5u);
    }
    pool.connect_succeeds = [] { return false; };
    pool.lose_idle();
    pool.run_for(10min);
    BOOST_TEST(idle(pool) == 0u);
    pool.connect_succeeds = [] { return true; };
    pool.run_for(10s); // without anybody who asks for a connection
    BOOST_TEST(idle(pool) == 5u);
}

// node-postgres PR 3696; SQLAlchemy by reading: waiters did not hear of what had become free
BOOST_AUTO_TEST_CASE(the_loss_of_a_connection_makes_one_for_whoever_waits) {
    virtual_pool pool{of_size(0, 1)};
    std::size_t granted = 0;
    pool.granted = [&](auto const&, duration) { ++granted; };
    pool.run_for(10ms);
    pool.arrive(session{}, 1ms);
    pool.run_for(10ms);
    BOOST_TEST(granted == 1u);
    auto* const used = pool.core.take({}, {}, pool.now);
    BOOST_TEST_REQUIRE(used != nullptr);
    pool.arrive(session{}, 1ms);
    pool.core.remove(*used, close_reason::lost, pool.now);
    pool.run_for(10ms);
    BOOST_TEST(granted == 2u);
}

// bb8 123: the reaper went below the minimum
BOOST_AUTO_TEST_CASE(the_reaper_keeps_the_minimum) {
    auto options = of_size(3, 10);
    options.idle_time = 1min;
    virtual_pool pool{options};
    std::size_t least = 10;
    pool.run_for(1s);
    for (int i = 0; i < 10; ++i)
        pool.arrive(session{}, 1s);
    pool.run_for(2s);
    pool.closed = [&](auto const&, close_reason) {
        least = std::min(least, pool.core.connected_count() - 1);
    };
    pool.run_for(24h); // with all the replacements by lifetime
    BOOST_TEST(least == 3u);
    BOOST_TEST(idle(pool) == 3u);
    BOOST_TEST(pool.core.statistics(pool.now).closed(close_reason::lifetime) >= 3u * 23);
}

// vert.x 984: the idle time ended statements that were running
BOOST_AUTO_TEST_CASE(what_is_in_use_is_never_reaped) {
    auto options = of_size(0, 4);
    options.idle_time = 1s;
    options.lifetime = 2s;
    options.health_interval = 1s;
    virtual_pool pool{options};
    pool.closed = [](pool_slot const& slot, close_reason) {
        BOOST_TEST((slot.now != pool_slot::state::in_use));
    };
    std::size_t ended = 0;
    pool.ended = [&](auto const&) { ++ended; };
    for (int i = 0; i < 4; ++i)
        pool.arrive(session{}, 1min);
    pool.run_for(59s);
    BOOST_TEST(pool.core.statistics(pool.now).in_use == 4u);
    pool.run_for(1min);
    BOOST_TEST(ended == 4u);
}

// SQLAlchemy by reading: connections above the pool's size are closed on return, again and again
BOOST_AUTO_TEST_CASE(what_a_load_needs_is_kept_between_its_uses) {
    virtual_pool pool{of_size(1, 10)};
    for (int i = 0; i < 1'000; ++i) {
        for (int n = 0; n < 10; ++n)
            pool.arrive(session{}, 50ms);
        pool.run_for(100ms);
    }
    BOOST_TEST(pool.connects <= 10u);
}

// pgxpool by reading: a closed connection held its place until its destructor had ended
BOOST_AUTO_TEST_CASE(a_place_is_free_the_moment_its_connection_is_gone) {
    virtual_pool pool{of_size(1, 1)};
    pool.run_for(10ms);
    auto* const slot = pool.core.take({}, {}, pool.now);
    pool.core.start_closing(*slot, pool.now);
    auto* const waiter = pool.arrive(session{}, 1ms);
    BOOST_TEST(pool.connects == 1u); // its place is not free while it closes
    pool.core.remove(*slot, close_reason::unusable, pool.now);
    pool.run_for(1ms);
    BOOST_TEST(pool.connects == 2u);
    BOOST_TEST(waiter->granted != nullptr);
}

// pgxpool by reading: jitter below a second was cut to none
BOOST_AUTO_TEST_CASE(jitter_below_a_second_is_kept) {
    auto options = of_size(10, 10);
    options.lifetime = 2s;
    options.idle_time = 2s;
    options.lifetime_jitter = 0.25;
    virtual_pool pool{options};
    pool.run_for(100ms);
    std::set<pool_time> ends;
    for (auto const& slot : pool.core.slots())
        ends.insert(slot.expires_at);
    BOOST_TEST(ends.size() == 10u);
}

// requirements X25: checks did not go on after a break
BOOST_AUTO_TEST_CASE(checks_go_on_after_the_pool_was_empty_or_busy) {
    auto options = of_size(0, 2);
    options.health_interval = 10s;
    virtual_pool pool{options};
    auto const checks = [&] { return pool.core.statistics(pool.now).checks; };
    for (int i = 0; i < 3; ++i) {
        pool.arrive(session{}, 1min);
        pool.run_for(1min + 1s);
        auto const before = checks();
        pool.run_for(30s);
        BOOST_TEST(checks() >= before + 2);
        pool.lose_idle();
        pool.run_for(1h);
    }
}

// requirements X69: a health check that needs a free connection calls a busy pool ill
BOOST_AUTO_TEST_CASE(checks_take_nothing_from_a_busy_pool) {
    auto options = of_size(2, 2);
    options.health_interval = 10s;
    virtual_pool pool{options};
    pool.ended = [&](auto const&) { pool.arrive(session{}, 30s); };
    for (int i = 0; i < 6; ++i)
        pool.arrive(session{}, 30s);
    pool.run_for(10min);
    auto const now = pool.core.statistics(pool.now);
    BOOST_TEST(now.checks == 0u);
    BOOST_TEST(now.in_use == 2u);
    BOOST_TEST(now.connected == 2u);
}

// PgBouncer 103 and 131, Npgsql 3685 and 4523: no cap over pools, or no fairness under it
BOOST_AUTO_TEST_CASE(pools_under_one_cap_share_it_even_if_all_are_busy_all_the_time) {
    for (auto const cap : {2u, 3u, 8u}) {
        auto const budget = std::make_shared<copg::detail::budget_state>(cap);
        std::vector<std::size_t> served(4);
        std::list<virtual_pool> pools;
        std::vector<virtual_pool*> all;
        for (std::size_t i = 0; i < served.size(); ++i) {
            auto& pool = pools.emplace_back(of_size(0, 8), budget);
            all.push_back(&pool);
            pool.granted = [&served, i](auto const&, duration) { ++served[i]; };
            pool.ended = [&pool](auto const&) { pool.arrive(session{}, 10ms); };
            for (int n = 0; n < (i == 0 ? 50 : 5); ++n)
                pool.arrive(session{}, 10ms);
            run_together(all, 100ms); // those who come first take all
        }
        std::fill(served.begin(), served.end(), 0);
        for (int i = 0; i < 100; ++i) {
            run_together(all, 100ms);
            BOOST_TEST(budget->used() <= cap);
        }
        std::vector<double> const shares(served.begin(), served.end());
        BOOST_TEST(*std::min_element(served.begin(), served.end()) > 0u);
        BOOST_TEST(fairness_index(shares) >= 0.9);
    }
}

BOOST_AUTO_TEST_SUITE_END()
