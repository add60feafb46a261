// SPDX-License-Identifier: BSL-1.0
#include "pool/idle_set.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <set>

using copg::session;
using copg::detail::hash_of;
using copg::detail::idle_set;
using copg::detail::pool_slot;
using copg::detail::pool_time;
using namespace std::chrono_literals;

namespace {

/// Idle connections, each since one second after the one before.
struct world {
    explicit world(std::size_t seats) : idle{seats} {}
    ~world() {
        while (!idle.empty())
            idle.remove(idle.newest());
    }

    pool_slot& make(session const& last = {}, bool clean = true) {
        auto& slot = slots.emplace_back();
        slot.seat = idle.take_seat(slot);
        slot.last_session = last;
        slot.clean = clean;
        slot.since = now += 1s;
        idle.add(slot);
        return slot;
    }

    std::deque<pool_slot> slots;
    pool_time now{1h};
    idle_set idle;
};

session at_home_on(std::size_t seat, std::size_t seats) {
    for (int number = 0;; ++number) {
        session wanted{"tenant_" + std::to_string(number)};
        if ((hash_of(wanted) * seats) >> 32 == seat)
            return wanted;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_idle_set)

BOOST_AUTO_TEST_CASE(the_same_session_comes_before_home_clean_and_last_used) {
    world set{4};
    auto const wanted = at_home_on(1, 4);
    auto& same = set.make(wanted, false);
    auto& home = set.make({}, false);
    auto& clean = set.make("other");
    auto& last = set.make("other", false);
    BOOST_TEST_REQUIRE(home.seat == 1u);
    for (auto* const expected : {&same, &home, &clean, &last})
        BOOST_TEST(&set.idle.take(wanted) == expected);
    BOOST_TEST(set.idle.empty());
}

BOOST_AUTO_TEST_CASE(a_home_in_use_is_no_home) {
    world set{2};
    set.make();
    auto& other = set.make();
    set.idle.remove(set.slots[0]);
    BOOST_TEST(&set.idle.take(at_home_on(0, 2)) == &other);
}

BOOST_AUTO_TEST_CASE(tenants_are_spread_over_all_seats) {
    constexpr std::size_t seats = 10;
    std::vector<int> tenants(seats);
    for (int number = 0; number < 10'000; ++number)
        ++tenants[(hash_of(session{"tenant_" + std::to_string(number)}) * seats) >> 32];
    BOOST_TEST(*std::min_element(tenants.begin(), tenants.end()) > 800);
    BOOST_TEST(*std::max_element(tenants.begin(), tenants.end()) < 1'200);
}

BOOST_AUTO_TEST_CASE(the_newest_and_the_oldest_are_found_among_clean_and_used) {
    world set{4};
    BOOST_TEST(set.idle.oldest() == nullptr);
    auto& first = set.make();
    BOOST_TEST(&set.idle.newest() == &first);
    BOOST_TEST(set.idle.oldest() == &first);
    auto& second = set.make({}, false);
    BOOST_TEST(&set.idle.newest() == &second);
    BOOST_TEST(set.idle.oldest() == &first);
    auto& third = set.make();
    BOOST_TEST(&set.idle.newest() == &third);
    set.idle.remove(first);
    BOOST_TEST(set.idle.oldest() == &second);
    set.idle.remove(third);
    BOOST_TEST(&set.idle.newest() == &second);
    BOOST_TEST(set.idle.size() == 1u);
}

BOOST_AUTO_TEST_CASE(several_that_served_one_session_are_all_found_by_it) {
    world set{4};
    auto& first = set.make("a");
    set.make("b");
    auto& second = set.make("a", false);
    std::set<pool_slot*> const of_a{&first, &second};
    std::set<pool_slot*> found;
    for (int i = 0; i < 2; ++i)
        found.insert(&set.idle.take("a"));
    BOOST_TEST((found == of_a));
    BOOST_TEST(set.idle.size() == 1u);
}

BOOST_AUTO_TEST_CASE(no_two_connections_share_a_seat_and_a_seat_is_used_again) {
    world set{2};
    pool_slot slots[3];
    auto const first = set.idle.take_seat(slots[0]);
    auto const second = set.idle.take_seat(slots[1]);
    BOOST_TEST(first != second);
    BOOST_TEST(first < 2u);
    BOOST_TEST(second < 2u);
    BOOST_TEST(set.idle.take_seat(slots[2]) == 2u); // the pool was made smaller, say
    set.idle.leave_seat(first);
    BOOST_TEST(set.idle.take_seat(slots[0]) == first);
}

BOOST_AUTO_TEST_CASE(it_grows_without_losing_anybody) {
    world set{1};
    for (int i = 0; i < 3; ++i)
        set.make("tenant_" + std::to_string(i));
    set.idle.resize(1'000);
    set.idle.resize(10); // those in use may be anywhere
    for (int i = 3; i < 500; ++i)
        set.make("tenant_" + std::to_string(i));
    BOOST_TEST(set.idle.size() == 500u);
    for (int i = 499; i >= 0; --i) {
        session const wanted{"tenant_" + std::to_string(i)};
        BOOST_TEST((set.idle.take(wanted).last_session == wanted));
    }
}

BOOST_AUTO_TEST_CASE(everybody_is_visited_even_if_the_visitor_takes_them_out) {
    world set{4};
    set.make();
    set.make({}, false);
    set.make();
    int visited = 0;
    set.idle.for_each([&](pool_slot& slot) {
        ++visited;
        set.idle.remove(slot);
    });
    BOOST_TEST(visited == 3);
    BOOST_TEST(set.idle.empty());
}

BOOST_AUTO_TEST_SUITE_END()
