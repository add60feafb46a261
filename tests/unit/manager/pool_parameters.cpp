// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/manager/pool_parameters.hpp>

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using copg::dsn;

BOOST_AUTO_TEST_SUITE(test_pool_parameters)

BOOST_AUTO_TEST_CASE(what_the_dsn_says_is_put_in_place_of_the_options) {
    dsn const target{"postgres://app@h/d?pool_max_conns=20&pool_min_conns=2&pool_max_idle_conns=8&"
                     "pool_max_conn_lifetime=1h30m&pool_max_conn_idle_time=500ms&"
                     "pool_health_check_period=1m&pool_ping_timeout=2s"};
    copg::pool_options base;
    base.acquire_timeout = 7s;
    auto const options = copg::with_pool_parameters(base, target);
    BOOST_TEST(options.maximum == 20u);
    BOOST_TEST(options.minimum == 2u);
    BOOST_TEST(options.maximum_idle.value() == 8u);
    BOOST_TEST((options.lifetime == 90min));
    BOOST_TEST((options.idle_time == 500ms));
    BOOST_TEST((options.health_interval == 1min));
    BOOST_TEST((options.acquire_timeout == 7s));
}

BOOST_AUTO_TEST_CASE(a_dsn_without_parameters_changes_nothing) {
    copg::pool_options base;
    base.minimum = 3;
    auto const options = copg::with_pool_parameters(base, dsn{"host=h user=app"});
    BOOST_TEST(options.minimum == 3u);
    BOOST_TEST(!options.idle_time.has_value());
    BOOST_TEST((options.lifetime == base.lifetime));
}

BOOST_AUTO_TEST_CASE(zero_is_told_from_not_given) {
    auto const options = copg::with_pool_parameters(
        {}, dsn{"host=h user=app pool_max_conn_lifetime=0 pool_max_idle_conns=0"});
    BOOST_TEST((options.lifetime == 0ms));
    BOOST_TEST(options.maximum_idle.value() == 0u);
}

BOOST_AUTO_TEST_CASE(jitter_that_is_added_makes_the_same_range_of_lifetimes) {
    auto const options = copg::with_pool_parameters(
        {}, dsn{"host=h user=app pool_max_conn_lifetime=1h pool_max_conn_lifetime_jitter=20m"});
    BOOST_TEST((options.lifetime == 80min));
    BOOST_TEST(options.lifetime_jitter == 0.25);
    BOOST_TEST(options.problems().empty());
}

BOOST_AUTO_TEST_CASE(options_that_contradict_the_dsn_are_fitted_to_it) {
    copg::pool_options base;
    base.minimum = 4;
    base.maximum_idle = 6;
    base.idle_time = 30min;
    auto const small = copg::with_pool_parameters(
        base, dsn{"host=h user=app pool_max_conns=2 pool_max_conn_lifetime=5m"});
    BOOST_TEST(small.minimum == 2u);
    BOOST_TEST(small.maximum_idle.value() == 2u);
    BOOST_TEST((small.idle_time == 5min));
    auto const none_idle =
        copg::with_pool_parameters(base, dsn{"host=h user=app pool_max_idle_conns=0"});
    BOOST_TEST(none_idle.minimum == 0u);
    auto const warm = copg::with_pool_parameters(base, dsn{"host=h user=app pool_min_conns=8"});
    BOOST_TEST(warm.maximum_idle.value() == 8u);
    for (auto const& options : {small, none_idle, warm})
        BOOST_TEST(options.problems().empty());
}

BOOST_AUTO_TEST_CASE(every_parameter_that_makes_no_sense_is_named) {
    dsn const target{"host=h user=app pool_max_conns=0 pool_min_conns=-1 pool_max_idle_conns=2x "
                     "pool_max_conn_lifetime=30 pool_ping_timeout=soon"};
    BOOST_CHECK_EXCEPTION(
        copg::with_pool_parameters({}, target), copg::error, [](copg::error const& e) {
            std::string const message = e.what();
            BOOST_TEST_MESSAGE(message);
            for (auto const* name : {"pool_max_conns",
                                     "pool_min_conns",
                                     "pool_max_idle_conns",
                                     "pool_max_conn_lifetime",
                                     "pool_ping_timeout"})
                BOOST_TEST(message.find(name) != message.npos, name);
            return e.code() == copg::errc::invalid_configuration;
        });
}

BOOST_AUTO_TEST_SUITE_END()
