// SPDX-License-Identifier: BSL-1.0
// How waits are attributed to their causes.
#include "support/scripted_core.hpp"

#include <copg/pool/wait_breakdown.hpp>

using namespace copg::test;
using copg::session;
using copg::wait_breakdown;
using copg::detail::operator-;
using copg::detail::wait_cause;
using copg::detail::wait_clock;

namespace {

wait_breakdown wait_of(pool_waiter& waiter, scripted_core& pool) {
    BOOST_TEST_REQUIRE(pool.withdraw(waiter));
    return pool.core.last_wait();
}

wait_breakdown parts(std::chrono::milliseconds total) {
    wait_breakdown made;
    made.total = total;
    return made;
}

} // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(wait_breakdown)

BOOST_AUTO_TEST_SUITE(test_wait_clock)

BOOST_AUTO_TEST_CASE(the_difference_of_two_readings_is_the_time_between_by_cause) {
    wait_clock clock;
    pool_time const start{1h};
    clock.turn(wait_cause::connecting, start);
    auto const first = clock.read(start + 5ms);
    clock.turn(wait_cause::paused, start + 10ms);
    auto const second = clock.read(start + 12ms);
    auto const spent = second - first;
    BOOST_TEST((spent[static_cast<std::size_t>(wait_cause::connecting)] == 5ms));
    BOOST_TEST((spent[static_cast<std::size_t>(wait_cause::paused)] == 2ms));
    BOOST_TEST((spent[static_cast<std::size_t>(wait_cause::in_use)] == 0ms));
    BOOST_TEST((copg::detail::operator+(first, spent) == second));
}

BOOST_AUTO_TEST_CASE(a_wait_for_connections_in_use_is_told_from_one_for_a_connect) {
    scripted_core pool{pool_of(2)};
    pool.fill(1);
    auto& waiter = pool.wait();
    pool.pass(1ms); // nobody has asked what to do yet
    BOOST_TEST(pool.connects() == 1u);
    pool.pass(10ms);
    pool.connect();
    BOOST_TEST(pool.grant() == &waiter);
    auto expected = parts(11ms);
    expected.in_use = 1ms;
    expected.connecting = 10ms;
    BOOST_TEST(pool.core.last_wait() == expected);
}

BOOST_AUTO_TEST_CASE(between_two_attempts_the_server_is_unreachable_unless_the_pool_is_full) {
    for (auto const full : {false, true}) {
        scripted_core pool{pool_of(2)};
        pool.fill(1);
        auto& waiter = pool.wait();
        BOOST_TEST(pool.connects() == 1u);
        pool.fail_connect();
        if (full)
            pool.core.resize(0, 1);
        pool.core.tick(pool.now);
        pool.pass(20ms);
        auto expected = parts(20ms);
        (full ? expected.in_use : expected.unreachable) = 20ms;
        BOOST_TEST(wait_of(waiter, pool) == expected);
    }
}

BOOST_AUTO_TEST_CASE(the_time_in_which_all_connections_are_cleaned_is_told_apart) {
    scripted_core pool{pool_of(1)};
    auto const slots = pool.fill(1);
    auto& waiter = pool.wait();
    pool.pass(10ms);
    pool.core.start_closing(*slots[0], pool.now);
    pool.core.tick(pool.now);
    pool.pass(20ms);
    pool.give(*slots[0]);
    BOOST_TEST(pool.grant() == &waiter);
    auto expected = parts(30ms);
    expected.in_use = 10ms;
    expected.closing = 20ms;
    BOOST_TEST(pool.core.last_wait() == expected);
}

BOOST_AUTO_TEST_CASE(the_time_of_a_pause_is_told_apart) {
    scripted_core pool{pool_of(1)};
    auto* const slot = pool.fill(1).front();
    auto& waiter = pool.wait();
    pool.now += 10ms;
    pool.core.pause(true, pool.now);
    pool.now += 30ms;
    pool.core.pause(false, pool.now);
    pool.give(*slot);
    BOOST_TEST(pool.grant() == &waiter);
    auto expected = parts(40ms);
    expected.in_use = 10ms;
    expected.paused = 30ms;
    BOOST_TEST(pool.core.last_wait() == expected);
}

BOOST_AUTO_TEST_CASE(what_a_tenant_at_its_maximum_waits_is_its_own_part_and_all_adds_up) {
    auto options = pool_of(2);
    options.tenant_maximum = 1;
    scripted_core pool{options};
    auto const slots = pool.fill(1, session{"a"});
    auto& second = pool.wait("a");
    pool.pass(40ms); // for a's own connection
    pool.fill(1, session{"b"});
    pool.lose(*slots[0]);
    BOOST_TEST(pool.connects() == 1u);
    pool.pass(5ms); // for a new one
    pool.connect();
    BOOST_TEST(pool.grant() == &second);
    auto expected = parts(45ms);
    expected.tenant_maximum = 40ms;
    expected.connecting = 5ms;
    BOOST_TEST(pool.core.last_wait() == expected);
    auto& third = pool.wait("a");
    auto& of_c = pool.wait("c");
    pool.pass(3ms);
    BOOST_TEST((wait_of(third, pool).tenant_maximum == 3ms));
    BOOST_TEST((wait_of(of_c, pool).in_use == 3ms));
}

BOOST_AUTO_TEST_CASE(waits_are_added_up_apart_for_those_who_got_something_and_those_who_did_not) {
    scripted_core pool{pool_of(1)};
    auto const slots = pool.fill(1);
    auto& granted = pool.wait();
    pool.wait({}, 10ms);
    pool.pass(4ms);
    pool.give(*slots[0]);
    BOOST_TEST(pool.grant() == &granted);
    pool.pass(6ms);
    BOOST_TEST(pool.core.next_expired(pool.now) != nullptr);
    BOOST_TEST((pool.statistics().waited.in_use == 4ms));
    BOOST_TEST((pool.statistics().waited_for_nothing.in_use == 10ms));
    BOOST_TEST((pool.statistics().longest_wait == 10ms));
}

BOOST_AUTO_TEST_CASE(waits_are_counted_by_powers_of_two_of_a_microsecond) {
    scripted_core pool{pool_of(1)};
    pool.fill(1);
    auto const before = pool.statistics().waits;
    for (auto const wait : {0us, 1us, 2us, 3us, 4us, 1'000'000us})
        pool.withdraw(*[&] {
            auto* const waiter = &pool.wait();
            pool.pass(wait);
            return waiter;
        }());
    auto after = pool.statistics().waits;
    for (std::size_t i = 0; i < after.size(); ++i)
        after[i] -= before[i];
    BOOST_TEST(after[0] == 2u);
    BOOST_TEST(after[1] == 2u);
    BOOST_TEST(after[2] == 1u);
    BOOST_TEST(after[19] == 1u);
}

BOOST_AUTO_TEST_CASE(a_breakdown_describes_the_parts_that_are_not_zero) {
    wait_breakdown wait;
    BOOST_TEST(wait.describe() == "no wait");
    wait.in_use = 12ms;
    wait.connecting = 3ms;
    BOOST_TEST(wait.describe() == "12.0 ms all in use, 3.0 ms connecting");
    wait_breakdown rest;
    rest.unreachable = rest.closing = rest.paused = rest.tenant_maximum = 1ms;
    wait += rest;
    BOOST_TEST(wait.describe() == "12.0 ms all in use, 3.0 ms connecting, 1.0 ms server "
                                  "unreachable, 1.0 ms cleaning up, 1.0 ms paused, 1.0 ms tenant "
                                  "at its maximum");
}

BOOST_AUTO_TEST_SUITE_END()
