// SPDX-License-Identifier: BSL-1.0
#include "histogram.hpp"

#include <boost/test/unit_test.hpp>

using copg::bench::histogram;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(test_histogram)

BOOST_AUTO_TEST_CASE(an_empty_histogram_says_zero) {
    BOOST_TEST((histogram{}.quantile(0.5) == 0ns));
    BOOST_TEST(histogram{}.count() == 0u);
}

BOOST_AUTO_TEST_CASE(small_values_are_exact) {
    histogram h;
    for (int value = 1; value <= 1'000; ++value)
        h.record(std::chrono::nanoseconds{value});
    BOOST_TEST((h.quantile(0.5) == 500ns));
    BOOST_TEST((h.quantile(0.99) == 990ns));
    BOOST_TEST((h.quantile(0.999) == 999ns));
    BOOST_TEST((h.quantile(1) == 1'000ns));
    BOOST_TEST((h.max() == 1'000ns));
}

BOOST_AUTO_TEST_CASE(every_magnitude_keeps_three_significant_digits) {
    for (std::int64_t value = 1; value < 60'000'000'000; value = value * 3 + 7) {
        histogram h;
        h.record(std::chrono::nanoseconds{value});
        h.record(60s);
        auto const seen = h.quantile(0.5).count();
        BOOST_TEST(seen >= value);
        BOOST_TEST(static_cast<double>(seen - value) <= static_cast<double>(value) * 0.001);
    }
}

BOOST_AUTO_TEST_CASE(negative_durations_count_as_zero) {
    histogram h;
    h.record(-5ns);
    BOOST_TEST(h.count() == 1u);
    BOOST_TEST((h.quantile(1) == 0ns));
}

BOOST_AUTO_TEST_SUITE_END()
