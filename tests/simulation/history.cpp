// SPDX-License-Identifier: BSL-1.0
// What went wrong for those who wait in other pools, and must not here.
#include "simulation/virtual_pool.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>

using namespace copg::test;
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

/// Records in which order callers get connections.
struct order_of_grants {
    explicit order_of_grants(virtual_pool& pool) {
        pool.granted = [this](auto const& user, duration waited) {
            numbers.push_back(user.number);
            longest = std::max(longest, waited);
        };
    }
    std::vector<std::size_t> numbers;
    duration longest{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_history_of_waiting)

// golang/go 31708 (a random waiter is served), mysql_async 212, requirements F16
BOOST_AUTO_TEST_CASE(waiters_are_served_in_the_order_in_which_they_came) {
    virtual_pool pool{of_size(3, 3)};
    order_of_grants const order{pool};
    for (std::size_t i = 0; i < 100; ++i)
        pool.arrive(session{}, 1ms * (1 + i % 7), i);
    pool.run_until_quiet();
    BOOST_TEST(order.numbers.size() == 100u);
    BOOST_TEST(std::is_sorted(order.numbers.begin(), order.numbers.end()));
}

// sqlx 453; HikariCP, bb8, userver, Boost.MySQL by reading
BOOST_AUTO_TEST_CASE(newcomers_do_not_cut_in_line_while_a_connection_changes_hands) {
    virtual_pool pool{of_size(1, 1)};
    order_of_grants const order{pool};
    pool.run_for(10ms);
    for (std::size_t i = 0; i < 5; ++i)
        pool.arrive(session{}, 10ms, i);
    std::size_t next = 5;
    pool.ended = [&](auto const&) { // somebody new comes at the very moment
        if (next < 50)
            pool.arrive(session{}, 10ms, next++);
    };
    pool.run_until_quiet();
    BOOST_TEST(std::is_sorted(order.numbers.begin(), order.numbers.end()));
    BOOST_TEST(order.numbers.size() == 50u);
}

// asyncpg 1247: ten seconds of waiting where two were expected
BOOST_AUTO_TEST_CASE(nobody_starves_among_callers_that_come_back_at_once) {
    virtual_pool pool{of_size(10, 10)};
    order_of_grants const order{pool};
    pool.ended = [&](auto const& user) { pool.arrive(session{}, 1s, user.number); };
    for (std::size_t i = 0; i < 30; ++i)
        pool.arrive(session{}, 1s, i);
    pool.run_for(5min);
    BOOST_TEST((order.longest <= 2s + 10ms)); // two thirds wait for two others each
    for (std::size_t i = 0; i < 30; ++i)
        BOOST_TEST(std::count(order.numbers.begin(), order.numbers.end(), i) >= 99);
}

// resource_pool under ozo 301: a recycle between a failed take and the wait went unnoticed
BOOST_AUTO_TEST_CASE(no_waiter_sleeps_beside_an_idle_connection) {
    virtual_pool pool{of_size(1, 1)};
    pool.run_for(10ms);
    auto* const slot = pool.core.take({}, {}, pool.now);
    BOOST_TEST(pool.core.take({}, {}, pool.now) == nullptr); // so it will wait, but before that
    pool.core.release(*slot, true, pool.now);
    order_of_grants const order{pool};
    pool_waiter late;
    BOOST_TEST(pool.core.enqueue(late, pool.now));
    BOOST_TEST(pool.core.next_granted(pool.now) == &late);
    pool.core.release(*late.granted, true, pool.now);
}

// vert.x by reading: a waiter that caused a connect was not in the queue
BOOST_AUTO_TEST_CASE(a_waiter_is_not_tied_to_the_connect_that_it_caused) {
    virtual_pool pool{of_size(1, 2)};
    order_of_grants const order{pool};
    pool.run_for(10ms);
    pool.connect_time = 10s;
    pool.arrive(session{}, 5ms, 1);
    pool.arrive(session{}, 5ms, 2); // starts a connect, and gets what the first gives back
    pool.run_for(100ms);
    BOOST_TEST(order.numbers.size() == 2u);
    BOOST_TEST((order.longest <= 5ms));
    BOOST_TEST(pool.most_connecting == 1u);
}

// database/sql: an error of a connect went to a random waiter
BOOST_AUTO_TEST_CASE(a_failed_connect_costs_nobody_a_place_in_the_queue) {
    virtual_pool pool{of_size(0, 3)};
    order_of_grants const order{pool};
    int attempts = 0;
    pool.connect_succeeds = [&] { return ++attempts % 3 == 0; };
    for (std::size_t i = 0; i < 20; ++i)
        pool.arrive(session{}, 1ms, i);
    pool.run_until_quiet();
    BOOST_TEST(order.numbers.size() == 20u);
    BOOST_TEST(std::is_sorted(order.numbers.begin(), order.numbers.end()));
}

// requirements F16; deadpool by reading: a cancel storm shrank the pool
BOOST_AUTO_TEST_CASE(a_cancelled_waiter_never_swallows_a_connection) {
    virtual_pool pool{of_size(4, 4)};
    pool.run_for(10ms);
    for (int round = 0; round < 1'000; ++round) {
        std::vector<virtual_pool::caller*> waiting;
        for (int i = 0; i < 8; ++i)
            if (auto* const waiter = pool.arrive(session{}, 1ms))
                waiting.push_back(waiter);
        for (auto* const waiter : waiting)
            pool.cancel(*waiter);
        pool.run_for(2ms);
    }
    BOOST_TEST(pool.core.statistics(pool.now).idle == 4u);
    BOOST_TEST(pool.connects == 4u);
}

// SQLAlchemy 6652, 8145, 12077; asyncpg 547: a grant that meets a cancellation was lost
BOOST_AUTO_TEST_CASE(a_waiter_is_granted_or_withdrawn_but_never_both) {
    virtual_pool pool{of_size(1, 1)};
    pool.run_for(10ms);
    pool_waiter waiter;
    auto* const slot = pool.core.take({}, {}, pool.now);
    pool.core.enqueue(waiter, pool.now);
    pool.core.release(*slot, true, pool.now);
    BOOST_TEST(pool.core.next_granted(pool.now) == &waiter);
    BOOST_TEST(!pool.core.withdraw(waiter, pool.now)); // so whoever cancels knows of the connection
    BOOST_TEST(waiter.granted == slot);
    pool.core.release(*waiter.granted, true, pool.now);
    BOOST_TEST(pool.core.statistics(pool.now).idle == 1u);
}

// vert.x PR 1627 and 1628: the number of those who wait grew for ever
BOOST_AUTO_TEST_CASE(the_count_of_waiters_returns_to_zero_however_they_leave) {
    auto options = of_size(0, 2);
    options.acquire_timeout = 20ms;
    virtual_pool pool{options};
    for (std::size_t i = 0; i < 300; ++i) {
        auto* const waiter = pool.arrive(session{"t" + std::to_string(i % 5)}, 10ms, i);
        if (waiter != nullptr && i % 3 == 0)
            pool.cancel(*waiter);
    }
    pool.run_for(500ms);
    pool.cancel_all_waiting();
    pool.run_until_quiet();
    auto const now = pool.core.statistics(pool.now);
    BOOST_TEST(now.waiting == 0u);
    BOOST_TEST((now.longest_wait_now == 0ns));
    BOOST_TEST(now.acquired_after_wait + now.cancelled + now.refused == 300u);
}

// vert.x PR 1586, postgres.js 824: the time limit did not cover the wait
BOOST_AUTO_TEST_CASE(a_deadline_ends_a_wait_at_its_time_whatever_it_waits_for) {
    for (auto const server_answers : {true, false}) {
        virtual_pool pool{of_size(0, 1)};
        pool.connect_succeeds = [=] { return server_answers; };
        pool.arrive(session{}, 10s);
        auto* const waiter = pool.arrive(session{}, 1ms);
        pool.cancel(*waiter);
        pool_waiter limited;
        limited.deadline = pool.now + 250ms;
        pool.core.enqueue(limited, pool.now);
        while (pool.core.next_expired(pool.now) == nullptr)
            pool.now = *pool.core.next_event(), pool.core.connects_due(pool.now);
        BOOST_TEST((pool.now == *limited.deadline));
    }
}

// sqlx 2276, pgx 1144, pgx 2205, golang/go 18080: a wait ended, and nothing said why
BOOST_AUTO_TEST_CASE(a_wait_that_ends_for_nothing_says_how_its_time_went) {
    virtual_pool pool{of_size(0, 4)};
    pool.connect_time = 30ms;
    pool.connect_succeeds = [] { return false; };
    auto* const waiter = pool.arrive(session{}, 1ms);
    pool.run_for(1s);
    pool.cancel(*waiter);
    auto const& wait = pool.core.last_wait();
    BOOST_TEST((wait.total == 1s));
    BOOST_TEST((wait.connecting >= 60ms));
    BOOST_TEST((wait.unreachable >= 500ms));
    BOOST_TEST((wait.connecting + wait.unreachable == wait.total));
}

// Npgsql 5050, requirements X21: what is known of a tenant stays for ever
BOOST_AUTO_TEST_CASE(tenants_that_come_and_go_leave_nothing_behind) {
    auto options = of_size(2, 2);
    options.tenant_maximum = 1;
    virtual_pool pool{options};
    for (int i = 0; i < 2'000; ++i) {
        pool.arrive(session{"tenant_" + std::to_string(i)}, 1ms);
        pool.run_for(1ms);
    }
    pool.run_until_quiet();
    pool.run_for(10ms);
    BOOST_TEST(pool.core.statistics(pool.now).waiting_tenants <= 2u);
}

BOOST_AUTO_TEST_SUITE_END()
