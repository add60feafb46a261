// SPDX-License-Identifier: BSL-1.0
#include "manager/health/health_tracker.hpp"

#include <copg/base/error.hpp>
#include <copg/base/sql_error.hpp>

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using copg::errc;
using copg::health_options;
using copg::health_state;
using copg::sqlstate;
using copg::detail::check_result;
using copg::detail::health_tracker;

namespace {

check_result answer(std::chrono::nanoseconds took = 1ms) {
    return check_result{nullptr, took};
}

check_result failure(errc code) {
    return check_result{std::make_exception_ptr(copg::error{code, "why"}), 1ms};
}

check_result refusal(sqlstate state) {
    copg::sql_diagnostics diagnostics;
    diagnostics.state = state;
    diagnostics.message = "no";
    return check_result{std::make_exception_ptr(copg::sql_error{diagnostics}), 1ms};
}

health_tracker tracker(std::size_t unhealthy_after = 3) {
    health_options options;
    options.unhealthy_after = unhealthy_after;
    return health_tracker{options};
}

health_tracker::verdict checked(health_tracker& on, check_result const& result) {
    return on.checked(result, copg::health_status::time{1s});
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_health_tracker)

BOOST_AUTO_TEST_CASE(nothing_is_known_before_the_first_check) {
    auto const on = tracker();
    BOOST_TEST((on.status().state == health_state::unknown));
    BOOST_TEST(!on.status().last_check.has_value());
    BOOST_TEST(!on.status().last_success.has_value());
    BOOST_TEST(on.status().last_error.empty());
}

BOOST_AUTO_TEST_CASE(a_success_is_healthy_and_changes_once) {
    auto on = tracker();
    auto const first = checked(on, answer(2ms));
    BOOST_TEST(first.has_changed());
    BOOST_TEST((first.from == health_state::unknown));
    BOOST_TEST((first.to == health_state::healthy));
    BOOST_TEST(!first.refresh);
    BOOST_TEST(!checked(on, answer()).has_changed());
    BOOST_TEST(on.status().checks == 2u);
    BOOST_TEST(on.status().last_success.has_value());
}

BOOST_AUTO_TEST_CASE(so_many_failures_in_a_row_as_the_options_say_make_it_unhealthy) {
    for (std::size_t most = 1; most <= 4; ++most) {
        auto on = tracker(most);
        for (std::size_t number = 1; number <= 5; ++number) {
            checked(on, failure(errc::connect_failed));
            BOOST_TEST((on.status().state ==
                        (number < most ? health_state::degraded : health_state::unhealthy)));
            BOOST_TEST(on.status().consecutive_failures == number);
        }
        BOOST_TEST(on.status().failures == 5u);
        BOOST_TEST(on.status().last_error == "why");
    }
}

BOOST_AUTO_TEST_CASE(a_success_starts_the_count_of_failures_anew) {
    auto on = tracker(2);
    checked(on, failure(errc::connect_failed));
    checked(on, answer());
    BOOST_TEST(on.status().consecutive_failures == 0u);
    checked(on, failure(errc::connect_failed));
    BOOST_TEST((on.status().state == health_state::degraded));
    checked(on, failure(errc::connect_failed));
    BOOST_TEST((on.status().state == health_state::unhealthy));
    BOOST_TEST(on.status().failures == 3u);
}

BOOST_AUTO_TEST_CASE(a_server_without_room_or_starting_up_is_degraded_however_often) {
    for (auto const state : {sqlstate::too_many_connections, sqlstate::cannot_connect_now}) {
        auto on = tracker(2);
        for (int i = 0; i < 5; ++i)
            checked(on, refusal(state));
        BOOST_TEST((on.status().state == health_state::degraded));
        BOOST_TEST(on.status().consecutive_failures == 0u);
        BOOST_TEST(on.status().failures == 0u);
        BOOST_TEST(!on.status().last_error.empty());
        BOOST_TEST(!checked(on, answer()).refresh);
    }
}

BOOST_AUTO_TEST_CASE(a_refusal_that_is_not_one_of_those_is_a_failure) {
    auto on = tracker(2);
    checked(on, refusal(sqlstate::invalid_password));
    checked(on, refusal(sqlstate::invalid_catalog_name));
    BOOST_TEST((on.status().state == health_state::unhealthy));
}

BOOST_AUTO_TEST_CASE(a_slow_success_is_degraded_and_no_failure) {
    health_options options;
    options.slow = 10ms;
    health_tracker on{options};
    checked(on, answer(9ms));
    BOOST_TEST((on.status().state == health_state::healthy));
    auto const slow = checked(on, answer(10ms));
    BOOST_TEST((slow.to == health_state::degraded));
    BOOST_TEST(slow.why == "the check took 10 ms, the limit is 10 ms");
    BOOST_TEST(on.status().failures == 0u);
    BOOST_TEST((on.status().last_duration == 10ms));
}

BOOST_AUTO_TEST_CASE(without_a_threshold_nothing_is_slow) {
    auto on = tracker();
    checked(on, answer(1h));
    BOOST_TEST((on.status().state == health_state::healthy));
}

BOOST_AUTO_TEST_CASE(each_outage_asks_for_one_refresh_at_its_end) {
    auto on = tracker(2);
    for (int outage = 1; outage <= 3; ++outage) {
        for (int i = 0; i < outage; ++i)
            BOOST_TEST(!checked(on, failure(errc::connect_failed)).refresh);
        BOOST_TEST(!checked(on, refusal(sqlstate::cannot_connect_now)).refresh);
        BOOST_TEST(checked(on, answer()).refresh);
        BOOST_TEST(!checked(on, answer()).refresh);
    }
    BOOST_TEST(on.status().refreshes == 3u);
}

BOOST_AUTO_TEST_CASE(a_single_check_that_came_too_late_is_no_outage_until_it_is_unhealthy) {
    auto on = tracker(2);
    checked(on, failure(errc::connect_timeout));
    BOOST_TEST(!checked(on, answer()).refresh);
    checked(on, failure(errc::connect_timeout));
    checked(on, failure(errc::connect_timeout));
    BOOST_TEST(checked(on, answer()).refresh);
}

BOOST_AUTO_TEST_CASE(without_auto_reconnect_no_refresh_is_asked_for) {
    health_options options;
    options.auto_reconnect = false;
    health_tracker on{options};
    for (int i = 0; i < 5; ++i)
        checked(on, failure(errc::connect_failed));
    BOOST_TEST(!checked(on, answer()).refresh);
    BOOST_TEST(on.status().refreshes == 0u);
}

BOOST_AUTO_TEST_CASE(a_closed_pool_is_disconnected_whatever_a_check_says_later) {
    auto on = tracker();
    checked(on, answer());
    auto const closed = on.closed();
    BOOST_TEST((closed.from == health_state::healthy));
    BOOST_TEST((closed.to == health_state::disconnected));
    BOOST_TEST(!on.closed().has_changed());
    BOOST_TEST(!checked(on, answer()).has_changed());
    BOOST_TEST(on.status().checks == 1u);
}

BOOST_AUTO_TEST_CASE(options_name_all_their_problems) {
    health_options options;
    BOOST_TEST(options.problems().empty());
    options.interval = -1ms;
    options.timeout = 0ms;
    options.unhealthy_after = 0;
    options.slow = -1ms;
    BOOST_TEST(options.problems().size() == 4u);
    BOOST_CHECK_EXCEPTION(options.checked(), copg::error, [](copg::error const& e) {
        std::string const text = e.what();
        return e.code() == errc::invalid_configuration &&
               text.find("interval must not be negative; timeout must be greater than 0") !=
                   text.npos;
    });
}

BOOST_AUTO_TEST_SUITE_END()
