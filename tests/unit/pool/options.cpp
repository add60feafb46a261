// SPDX-License-Identifier: BSL-1.0
// What is refused, and how it is said.
#include <copg/base/error.hpp>
#include <copg/pool/connection_budget.hpp>
#include <copg/pool/pool_options.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <limits>

using copg::pool_options;
using copg::retry_policy;
using namespace std::chrono_literals;

namespace {

std::string only_problem_of(std::vector<std::string> const& problems) {
    BOOST_TEST(problems.size() == 1u);
    return problems.empty() ? "" : problems.front();
}

struct rule {
    std::function<void(pool_options&)> broken_by;
    std::string sentence;
};

void check(std::vector<rule> const& rules) {
    for (auto const& [broken_by, sentence] : rules) {
        pool_options options;
        broken_by(options);
        BOOST_TEST(only_problem_of(options.problems()) == sentence);
        BOOST_CHECK_THROW(options.checked(), copg::error);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_options)

BOOST_AUTO_TEST_CASE(the_defaults_are_in_order) {
    pool_options const options;
    BOOST_TEST(options.problems().empty());
    BOOST_TEST(&options.checked() == &options);
    BOOST_TEST(retry_policy{}.problems().empty());
}

BOOST_AUTO_TEST_CASE(sizes_must_fit_one_another) {
    check({
        {[](auto& o) { o.maximum = 0; }, "maximum must be at least 1"},
        {[](auto& o) { o.minimum = 11; }, "minimum (11) must not exceed maximum (10)"},
        {[](auto& o) { o.maximum_idle = 11; }, "maximum_idle (11) must not exceed maximum (10)"},
        {[](auto& o) { o.minimum = 3, o.maximum_idle = 2; },
         "maximum_idle (2) must not be below minimum (3)"},
        {[](auto& o) { o.connect_concurrency = 0; }, "connect_concurrency must be at least 1"},
        {[](auto& o) { o.budget_minimum = 1; }, "budget_minimum needs a budget"},
        {[](auto& o) {
             o.budget = std::make_shared<copg::connection_budget>(20);
             o.budget_minimum = 11;
         },
         "budget_minimum (11) must not exceed maximum (10)"},
    });
}

BOOST_AUTO_TEST_CASE(no_time_may_be_negative) {
    check({
        {[](auto& o) { o.acquire_timeout = -1ms; }, "acquire_timeout must not be negative"},
        {[](auto& o) { o.idle_time = -1ms; }, "idle_time must not be negative"},
        {[](auto& o) { o.lifetime = -1ms; }, "lifetime must not be negative"},
        {[](auto& o) { o.health_interval = -1ms; }, "health_interval must not be negative"},
        {[](auto& o) { o.connect_timeout = -1ms; }, "connect_timeout must not be negative"},
        {[](auto& o) { o.query_timeout = -1ms; }, "query_timeout must not be negative"},
        {[](auto& o) { o.hook_timeout = -1ms; }, "hook_timeout must not be negative"},
        {[](auto& o) { o.leak_threshold = -1ms; }, "leak_threshold must not be negative"},
        {[](auto& o) { o.retry.delay = -1ms; }, "retry.delay must not be negative"},
    });
}

BOOST_AUTO_TEST_CASE(a_lifetime_is_not_below_the_idle_time) {
    check({{[](auto& o) { o.lifetime = 59s, o.idle_time = 1min; },
            "lifetime (59000 ms) must not be below idle_time (60000 ms)"}});
    pool_options options;
    options.lifetime = 1min;
    options.idle_time = 1min;
    BOOST_TEST(options.problems().empty());
    options.lifetime = 0ms; // never
    BOOST_TEST(options.problems().empty());
    options.lifetime = 1s;
    options.idle_time.reset(); // as long as the lifetime allows
    BOOST_TEST(options.problems().empty());
}

BOOST_AUTO_TEST_CASE(parts_are_from_0_to_1_and_shares_at_least_1) {
    constexpr auto no_number = std::numeric_limits<double>::quiet_NaN();
    check({
        {[](auto& o) { o.lifetime_jitter = 1.5; }, "lifetime_jitter (1.5) must be from 0 to 1"},
        {[](auto& o) { o.lifetime_jitter = -0.5; }, "lifetime_jitter (-0.5) must be from 0 to 1"},
        {[](auto& o) { o.lifetime_jitter = no_number; },
         "lifetime_jitter (nan) must be from 0 to 1"},
        {[](auto& o) { o.fairness_quantum = 0; }, "fairness_quantum must be at least 1"},
        {[](auto& o) { o.tenant_weights = {{"a", 1}, {"b", 0}}; },
         "the weight of tenant \"b\" must be at least 1"},
    });
}

BOOST_AUTO_TEST_CASE(a_retry_policy_has_its_rules_and_names_its_members_after_the_prefix) {
    auto const problem = [](auto const& broken_by) {
        retry_policy policy;
        broken_by(policy);
        return only_problem_of(policy.problems("x."));
    };
    constexpr auto infinite = std::numeric_limits<double>::infinity();
    constexpr auto no_number = std::numeric_limits<double>::quiet_NaN();
    BOOST_TEST(problem([](auto& p) { p.delay = -1ms; }) == "x.delay must not be negative");
    BOOST_TEST(problem([](auto& p) { p.multiplier = 0.5; }) ==
               "x.multiplier (0.5) must be at least 1");
    BOOST_TEST(problem([](auto& p) { p.multiplier = infinite; }) ==
               "x.multiplier (inf) must be at least 1");
    BOOST_TEST(problem([](auto& p) { p.multiplier = no_number; }) ==
               "x.multiplier (nan) must be at least 1");
    BOOST_TEST(problem([](auto& p) { p.maximum_delay = 999ms; }) ==
               "x.maximum_delay (999 ms) must not be below x.delay (1000 ms)");
    BOOST_TEST(problem([](auto& p) { p.jitter = 1.1; }) == "x.jitter (1.1) must be from 0 to 1");
    BOOST_TEST(problem([](auto& p) { p.jitter = -0.1; }) == "x.jitter (-0.1) must be from 0 to 1");
    BOOST_TEST(problem([](auto& p) { p.jitter = no_number; }) ==
               "x.jitter (nan) must be from 0 to 1");
}

BOOST_AUTO_TEST_CASE(all_problems_are_named_at_once) {
    pool_options bad;
    bad.maximum = 0;
    bad.minimum = 3;
    bad.maximum_idle = 2;
    bad.acquire_timeout = -1ms;
    bad.fairness_quantum = 0;
    bad.tenant_weights = {{"a", 0}, {"b", 0}};
    bad.retry.jitter = 2;
    BOOST_TEST(bad.problems().size() == 9u);
    BOOST_CHECK_EXCEPTION(bad.checked(), copg::error, [&bad](copg::error const& e) {
        std::string const text = e.what();
        auto named = e.code() == copg::errc::invalid_configuration;
        for (auto const& problem : bad.problems())
            named &= text.find(problem) != text.npos;
        return named;
    });
}

BOOST_AUTO_TEST_CASE(zero_keeps_its_meaning) {
    pool_options options;
    options.minimum = 0;
    options.maximum_idle = 0;
    options.idle_time = 0ms;
    options.lifetime = 0ms;
    options.lifetime_jitter = 0;
    options.health_interval = 0ms;
    options.connect_timeout = 0ms;
    options.query_timeout = 0ms;
    options.acquire_timeout = 0ms;
    options.wait_queue_limit = 0;
    options.tenant_maximum = 0;
    options.tenant_maxima["a"] = 0;
    options.hook_timeout = 0ms;
    options.leak_threshold = 0ms;
    options.retry.attempts = 0;
    options.retry.delay = 0ms;
    options.retry.maximum_delay = 0ms;
    options.retry.jitter = 0;
    BOOST_TEST(options.problems().empty());
}

BOOST_AUTO_TEST_CASE(what_is_not_set_is_told_from_zero) {
    pool_options const options;
    BOOST_TEST(!options.maximum_idle.has_value());
    BOOST_TEST(!options.idle_time.has_value());
    BOOST_TEST(!options.connect_timeout.has_value());
    BOOST_TEST(!options.query_timeout.has_value());
}

BOOST_AUTO_TEST_CASE(the_waits_of_a_policy_grow_to_the_longest_less_a_random_part) {
    retry_policy const policy; // 1 s, 2 s, 4 s … 10 s, half of it random
    BOOST_TEST((policy.wait_after(0, 0) == 0ms));
    BOOST_TEST((policy.wait_after(1, 0) == 1s));
    BOOST_TEST((policy.wait_after(2, 0) == 2s));
    BOOST_TEST((policy.wait_after(3, 0) == 4s));
    BOOST_TEST((policy.wait_after(5, 0) == 10s));
    BOOST_TEST((policy.wait_after(100'000, 0) == 10s)); // infinite before it is bounded
    BOOST_TEST((policy.wait_after(2, 1) == 1s));
    BOOST_TEST((policy.wait_after(2, 0.5) == 1'500ms));
    retry_policy never_waits;
    never_waits.delay = never_waits.maximum_delay = 0ms;
    BOOST_TEST((never_waits.wait_after(100'000, 0) == 0ms));
}

BOOST_AUTO_TEST_SUITE_END()
