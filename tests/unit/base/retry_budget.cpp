// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/base/retry_budget.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>

using copg::retry_budget;

BOOST_AUTO_TEST_SUITE(test_retry_budget)

BOOST_AUTO_TEST_CASE(retries_are_a_share_of_the_successes) {
    retry_budget const budget{0.5, 2};
    BOOST_TEST(budget.take());
    BOOST_TEST(budget.take());
    BOOST_TEST(!budget.take());
    auto const copy = budget;
    copy.succeeded();
    BOOST_TEST(!budget.take());
    budget.succeeded();
    BOOST_TEST(copy.take());
    BOOST_TEST(budget.left() == 0);
}

BOOST_AUTO_TEST_CASE(it_is_never_fuller_than_at_first) {
    retry_budget const budget{1, 3};
    for (int i = 0; i < 10; ++i)
        budget.succeeded();
    BOOST_TEST(budget.left() == 3);
}

BOOST_AUTO_TEST_CASE(a_budget_that_makes_no_sense_is_refused) {
    auto const is_configuration = [](copg::error const& e) {
        return e.code() == copg::errc::invalid_configuration;
    };
    BOOST_CHECK_EXCEPTION(retry_budget(-0.1, 1), copg::error, is_configuration);
    BOOST_CHECK_EXCEPTION(retry_budget(0.1, 0.5), copg::error, is_configuration);
    auto const nan = std::numeric_limits<double>::quiet_NaN();
    BOOST_CHECK_EXCEPTION(retry_budget(nan, 1), copg::error, is_configuration);
}

BOOST_AUTO_TEST_SUITE_END()
