// SPDX-License-Identifier: BSL-1.0
// How long callers wait, and who is served, in virtual time.
#include "simulation/virtual_pool.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

using namespace copg::test;
using copg::pool_options;
using copg::session;
using duration = virtual_pool::duration;

namespace {

pool_options of_size(std::size_t minimum, std::size_t maximum) {
    pool_options options;
    options.minimum = minimum;
    options.maximum = maximum;
    options.acquire_timeout = 0ms;
    return options;
}

std::vector<session> tenants(std::size_t count) {
    std::vector<session> made;
    for (std::size_t i = 0; i < count; ++i)
        made.emplace_back("tenant_" + std::to_string(i));
    return made;
}

/// A source of callers whose times between arrivals and of use are exponential.
class poisson_source {
public:
    poisson_source(virtual_pool& pool,
                   session wanted,
                   std::size_t number,
                   duration between,
                   duration use,
                   unsigned seed)
        : pool_{pool},
          wanted_{std::move(wanted)},
          number_{number},
          between_{between},
          use_{use},
          random_{seed} {
        schedule();
    }

private:
    duration random(duration mean) {
        std::exponential_distribution<double> exponential;
        return duration{std::llround(static_cast<double>(mean.count()) * exponential(random_))};
    }

    void schedule() {
        pool_.after(random(between_), [this] {
            pool_.arrive(wanted_, random(use_), number_);
            schedule();
        });
    }

    virtual_pool& pool_;
    session const wanted_;
    std::size_t const number_;
    duration const between_;
    duration const use_;
    std::mt19937 random_;
};

/// The part of arrivals that wait in a queue M/M/c (Erlang's C formula).
double waiting_probability(double servers, double load) {
    double term = 1;
    double sum = 1;
    for (double k = 1; k < servers; ++k) {
        term *= load / k;
        sum += term;
    }
    auto const last = term * load / servers * servers / (servers - load);
    return last / (sum + last);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_queueing)

BOOST_AUTO_TEST_CASE(a_spike_is_served_by_the_connections_there_are_and_one_more_at_most) {
    auto options = of_size(5, 50);
    virtual_pool pool{options};
    pool.connect_time = 150ms;
    pool.run_for(1s);
    BOOST_TEST_REQUIRE(pool.core.connected_count() == 5u);
    auto const begin = pool.now;
    for (int i = 0; i < 50; ++i)
        pool.arrive(session{}, 2ms);
    pool.run_until_quiet();
    BOOST_TEST((pool.now - begin <= 110ms));
    pool.run_for(1s);
    BOOST_TEST(pool.most_open <= 6u);
}

BOOST_AUTO_TEST_CASE(ten_thousand_waiters_on_an_empty_pool_never_make_more_connects_than_allowed) {
    auto options = of_size(0, 100);
    options.connect_concurrency = 7;
    virtual_pool pool{options};
    pool.connect_time = 50ms;
    for (int i = 0; i < 10'000; ++i)
        pool.arrive(session{}, 5ms);
    pool.run_until_quiet();
    BOOST_TEST(pool.most_connecting == 7u);
    BOOST_TEST(pool.most_open <= 100u);
}

BOOST_AUTO_TEST_CASE(the_wait_of_one_tenant_is_that_of_the_theory_within_a_tenth) {
    constexpr double servers = 10;
    constexpr double use_ms = 10;
    constexpr double rho = 0.9;
    virtual_pool pool{of_size(10, 10)};
    std::vector<duration> waits;
    waits.reserve(1'100'000);
    pool.granted = [&](auto const&, duration waited) { waits.push_back(waited); };
    poisson_source const source{pool,
                                session{"one"},
                                0,
                                std::chrono::duration_cast<duration>(10ms / (servers * rho)),
                                10ms,
                                7};
    while (waits.size() < 1'000'000)
        pool.run_for(10s);
    auto const probability = waiting_probability(servers, servers * rho);
    // P(wait > t) = probability * exp(-(servers - load) * t / use)
    auto const theory = std::log(probability * 100) * use_ms / (servers * (1 - rho));
    auto const measured =
        std::chrono::duration<double, std::milli>{percentile(std::move(waits), 99)}.count();
    BOOST_TEST(measured == theory, boost::test_tools::tolerance(0.1));
}

BOOST_AUTO_TEST_CASE(a_tenant_with_a_hundred_times_the_load_of_others_does_not_double_their_wait) {
    auto const p99_of_others = [](bool with_noise) {
        virtual_pool pool{of_size(10, 10)};
        std::vector<duration> waits;
        pool.granted = [&](auto const& user, duration waited) {
            if (user.number != 0)
                waits.push_back(waited);
        };
        auto const all = tenants(21);
        // Twenty tenants take three quarters of what ten connections can do. (With next to no load
        // they would never wait alone, and beside the noise for a connection to be freed.)
        constexpr auto between = std::chrono::microseconds{26'667};
        std::list<poisson_source> sources;
        for (std::size_t i = 1; i <= 20; ++i)
            sources.emplace_back(pool, all[i], i, between, 10ms, static_cast<unsigned>(i));
        if (with_noise)
            sources.emplace_back(pool, all[0], 0, between / 100, 10ms, 99u);
        pool.run_for(60s);
        return percentile(std::move(waits), 99);
    };
    auto const alone = p99_of_others(false);
    auto const beside_noise = p99_of_others(true);
    BOOST_TEST_MESSAGE("p99 alone " << alone / 1us << " us, beside the noise " << beside_noise / 1us
                                    << " us");
    BOOST_TEST((beside_noise <= 2 * alone));
}

namespace {

/// What each tenant gets of a pool on which all always wait, with these weights.
std::vector<double> shares_under_load(std::vector<std::size_t> const& weights, std::size_t queued) {
    auto options = of_size(8, 8);
    auto const all = tenants(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i)
        options.tenant_weights.emplace(std::string{all[i].fairness_key()}, weights[i]);
    virtual_pool pool{options};
    std::vector<double> served(weights.size());
    pool.granted = [&](auto const& user, duration) { ++served[user.number]; };
    pool.ended = [&](auto const& user) { pool.arrive(user.wanted, 5ms, user.number); };
    for (std::size_t i = 0; i < weights.size(); ++i)
        for (std::size_t n = 0; n < queued * (i + 1); ++n) // some press more than others
            pool.arrive(all[i], 5ms, i);
    pool.run_for(60s);
    double total = 0;
    for (auto const count : served)
        total += count;
    for (auto& count : served)
        count /= total;
    return served;
}

} // namespace

BOOST_AUTO_TEST_CASE(tenants_share_as_their_weights_say_within_a_twentieth) {
    std::vector<std::size_t> const weights{1, 2, 3, 4, 10};
    auto const shares = shares_under_load(weights, 150);
    for (std::size_t i = 0; i < weights.size(); ++i)
        BOOST_TEST(shares[i] == static_cast<double>(weights[i]) / 20,
                   boost::test_tools::tolerance(0.05));
}

BOOST_AUTO_TEST_CASE(tenants_of_one_weight_share_alike_however_much_each_asks_for) {
    BOOST_TEST(fairness_index(shares_under_load(std::vector<std::size_t>(21, 1), 10)) >= 0.95);
}

BOOST_AUTO_TEST_CASE(under_load_a_connection_stays_with_a_tenant_for_its_quantum) {
    auto options = of_size(10, 10);
    virtual_pool pool{options};
    std::map<pool_slot const*, session> served;
    std::size_t grants = 0;
    std::size_t switches = 0;
    pool.granted = [&](auto const& user, duration waited) {
        if (waited == 0ns)
            return;
        ++grants;
        auto& last = served[user.granted];
        switches += last == user.wanted ? 0 : 1;
        last = user.wanted;
    };
    pool.ended = [&](auto const& user) { pool.arrive(user.wanted, 5ms, user.number); };
    auto const all = tenants(100);
    for (std::size_t i = 0; i < 1'000; ++i) // ten callers each
        pool.arrive(all[i % 100], 5ms, i);
    pool.run_for(60s);
    BOOST_TEST(static_cast<double>(switches) / static_cast<double>(grants) < 0.2);
}

BOOST_AUTO_TEST_CASE(cancelling_nearly_all_waiters_leaves_the_others_as_they_were) {
    auto const served = [](bool with_cancelled) {
        virtual_pool pool{of_size(4, 4)};
        pool.run_for(1s);
        std::vector<std::size_t> order;
        std::vector<duration> waits;
        pool.granted = [&](auto const& user, duration waited) {
            order.push_back(user.number);
            waits.push_back(waited);
        };
        auto const all = tenants(50);
        std::vector<virtual_pool::caller*> leaving;
        constexpr std::size_t count = 100'000;
        for (std::size_t i = 0; i < count; ++i) {
            auto const stays = i % 100 == 0;
            if (!stays && !with_cancelled)
                continue;
            auto* const waiter = pool.arrive(all[i / 100 % 50], 1ms, i);
            if (!stays && waiter != nullptr)
                leaving.push_back(waiter);
        }
        std::shuffle(leaving.begin(), leaving.end(), std::mt19937{5});
        for (auto* const waiter : leaving)
            pool.cancel(*waiter);
        pool.run_until_quiet();
        order.erase(std::remove_if(order.begin(), order.end(), [](auto n) { return n % 100 != 0; }),
                    order.end());
        return std::pair{order, percentile(waits, 99)};
    };
    auto const [alone, wait_alone] = served(false);
    auto const [beside, wait_beside] = served(true);
    BOOST_TEST(beside.size() == alone.size());
    BOOST_TEST(std::chrono::duration<double>(wait_beside).count() ==
                   std::chrono::duration<double>(wait_alone).count(),
               boost::test_tools::tolerance(0.05));
    for (auto const& session_order : {alone, beside}) { // within a tenant, as they came
        std::map<std::size_t, std::size_t> last;
        auto sorted = true;
        for (auto const number : session_order) {
            auto& before = last[number / 100 % 50];
            sorted &= before <= number;
            before = number;
        }
        BOOST_TEST(sorted);
    }
}

BOOST_AUTO_TEST_CASE(a_load_that_comes_and_goes_does_not_close_and_open_connections) {
    auto options = of_size(0, 20);
    options.idle_time = 1min;
    virtual_pool pool{options};
    pool.run_for(1s);
    for (int round = 0; round < 60; ++round) { // each second needs all of them for a moment
        for (int i = 0; i < 200; ++i)
            pool.arrive(session{}, 20ms);
        pool.run_for(20s);
    }
    auto const made = pool.connects;
    BOOST_TEST(pool.core.statistics(pool.now).closed(copg::close_reason::idle) == 0u);
    BOOST_TEST(made <= 20u);
    pool.run_for(2min);
    BOOST_TEST(pool.core.open() == 0u); // and when it has gone, they go
}

BOOST_AUTO_TEST_CASE(an_outage_of_ten_seconds_costs_few_attempts_and_ends_by_itself) {
    auto options = of_size(4, 10);
    virtual_pool pool{options};
    pool.run_for(1s);
    pool.connect_succeeds = [] { return false; };
    auto const before = pool.connects;
    pool.lose_idle();
    for (int i = 0; i < 1'000; ++i)
        pool.after(10ms * i, [&] { pool.arrive(session{}, 1ms); });
    pool.run_for(10s);
    // 4 at once, then one at a time after 0.1, 0.2 … at most 5 s, each at least half of that
    BOOST_TEST(pool.connects - before <= 4u + 12u);
    pool.connect_succeeds = [] { return true; };
    auto const back = pool.now;
    pool.run_until_quiet();
    BOOST_TEST((pool.now - back <= 6s));
    BOOST_TEST(pool.core.statistics(pool.now).acquired >= 1'000u);
}

BOOST_AUTO_TEST_SUITE_END()
