// SPDX-License-Identifier: BSL-1.0
#include "manager/balance/balancer.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <numeric>
#include <string>
#include <thread>

using copg::balance_strategy;
using copg::detail::balancer;
using standing = balancer::standing;
using candidates = std::vector<balancer::candidate>;

namespace {

constexpr auto in_turn = balance_strategy::round_robin;
constexpr auto by_load = balance_strategy::least_connections;

/// The members chosen in so many turns, as letters.
std::string turns(balancer& of, candidates const& among, std::size_t count) {
    std::string chosen;
    for (std::size_t i = 0; i < count; ++i) {
        auto const member = of.pick(among);
        chosen += member ? static_cast<char>('a' + *member) : '-';
    }
    return chosen;
}

candidates healthy(std::size_t count) {
    return candidates(count);
}

candidates loaded(std::initializer_list<std::size_t> loads) {
    candidates all;
    for (auto const load : loads)
        all.push_back({standing::good, load});
    return all;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_balancer)

BOOST_AUTO_TEST_CASE(round_robin_begins_with_the_first_and_goes_round) {
    balancer of_three{in_turn, {1, 1, 1}};
    BOOST_TEST(turns(of_three, healthy(3), 7) == "abcabca");
    balancer of_one{in_turn, {5}};
    BOOST_TEST(turns(of_one, healthy(1), 3) == "aaa");
}

BOOST_AUTO_TEST_CASE(weights_are_kept_and_spread_evenly) {
    balancer uneven{in_turn, {5, 1, 1}};
    BOOST_TEST(turns(uneven, healthy(3), 14) == "aabacaaaabacaa");
    balancer pairs{in_turn, {2, 2}};
    BOOST_TEST(turns(pairs, healthy(2), 4) == "abab");
}

BOOST_AUTO_TEST_CASE(at_every_moment_each_member_is_within_one_of_its_share) {
    std::vector<std::size_t> const weights{7, 3, 2, 1};
    auto const total = std::accumulate(weights.begin(), weights.end(), std::size_t{0});
    balancer uneven{in_turn, weights};
    for (std::size_t turn = 1; turn <= 10 * total; ++turn) {
        turns(uneven, healthy(weights.size()), 1);
        for (std::size_t i = 0; i < weights.size(); ++i) {
            auto const share = static_cast<double>(turn * weights[i]) / static_cast<double>(total);
            auto const off = static_cast<double>(uneven.picks(i)) - share;
            BOOST_TEST(std::abs(off) <= 1.0, "member " << i << " after " << turn << ": " << off);
        }
    }
}

BOOST_AUTO_TEST_CASE(many_threads_together_are_as_even_as_one) {
    constexpr std::size_t threads = 8;
    constexpr std::size_t turns_each = 10'001;
    balancer shared{in_turn, {1, 1, 1}};
    std::vector<std::jthread> running;
    for (std::size_t i = 0; i < threads; ++i)
        running.emplace_back([&] { turns(shared, healthy(3), turns_each); });
    running.clear();
    auto const all = {shared.picks(0), shared.picks(1), shared.picks(2)};
    BOOST_TEST(std::max(all) - std::min(all) <= 1u);
    BOOST_TEST(shared.picks(0) + shared.picks(1) + shared.picks(2) == threads * turns_each);
}

BOOST_AUTO_TEST_CASE(who_is_bad_is_left_out_and_takes_its_turns_again_when_it_is_good) {
    balancer three{in_turn, {1, 1, 1}};
    auto among = healthy(3);
    among[1].now = standing::bad;
    BOOST_TEST(turns(three, among, 4) == "acac");
    among[1].now = standing::good;
    auto const after = turns(three, among, 300);
    for (auto const member : {'a', 'b', 'c'})
        BOOST_TEST(std::abs(std::count(after.begin(), after.end(), member) - 100) <= 1);
}

BOOST_AUTO_TEST_CASE(when_all_are_bad_all_are_used_but_those_that_are_out) {
    balancer three{in_turn, {1, 1, 1}};
    candidates among(3, {standing::bad, 0});
    among[0].now = standing::out;
    BOOST_TEST(turns(three, among, 4) == "bcbc");
    candidates const none(3, {standing::out, 0});
    BOOST_TEST(turns(three, none, 2) == "--");
    balancer empty{in_turn, {}};
    BOOST_TEST(turns(empty, {}, 1) == "-");
}

BOOST_AUTO_TEST_CASE(the_least_loaded_for_its_weight_is_chosen) {
    balancer two{by_load, {1, 1}};
    BOOST_TEST(turns(two, loaded({3, 2}), 3) == "bbb");
    balancer weighted{by_load, {4, 1}};
    BOOST_TEST(turns(weighted, loaded({7, 2}), 2) == "aa");
    BOOST_TEST(turns(weighted, loaded({9, 2}), 2) == "bb");
}

BOOST_AUTO_TEST_CASE(among_equally_loaded_members_the_turn_goes_round) {
    balancer three{by_load, {1, 1, 1}};
    BOOST_TEST(turns(three, loaded({0, 0, 0}), 6) == "abcabc");
    BOOST_TEST(turns(three, loaded({1, 2, 1}), 4) == "acac");
}

BOOST_AUTO_TEST_CASE(a_bad_member_is_left_out_however_idle_it_is) {
    balancer two{by_load, {1, 1}};
    auto among = loaded({0, 9});
    among[0].now = standing::bad;
    BOOST_TEST(turns(two, among, 2) == "bb");
}

BOOST_AUTO_TEST_SUITE_END()
