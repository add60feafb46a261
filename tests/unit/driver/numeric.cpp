// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/types/numeric.hpp>

#include <boost/test/unit_test.hpp>

#include <limits>

using copg::numeric;

namespace {

std::string shown(std::string_view text) {
    return numeric{text}.to_string();
}

auto const out_of_range = [](copg::error const& e) {
    return e.code() == copg::errc::value_out_of_range;
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_numeric)

BOOST_AUTO_TEST_CASE(a_number_is_shown_with_the_digits_that_it_was_given) {
    for (auto const* text : {"0", "0.00", "1.50", "-0.001", "123456789.987654321", "10000", "NaN"})
        BOOST_TEST(shown(text) == text);
    BOOST_TEST(shown("+007.10") == "7.10");
    BOOST_TEST(shown(".5") == "0.5");
    BOOST_TEST(shown("5.") == "5");
    BOOST_TEST(shown("-0") == "0");
    BOOST_TEST(shown("1e3") == "1000");
    BOOST_TEST(shown("1.5e-3") == "0.0015");
    BOOST_TEST(shown("1.5E+0") == "1.5");
    BOOST_TEST(shown("-inf") == "-Infinity");
    BOOST_TEST(shown("infinity") == "Infinity");
}

BOOST_AUTO_TEST_CASE(integers_of_any_size_become_numbers) {
    BOOST_TEST(numeric{std::int64_t{0}}.to_string() == "0");
    BOOST_TEST(numeric{std::numeric_limits<std::int64_t>::min()}.to_string() ==
               "-9223372036854775808");
    BOOST_TEST(numeric{std::numeric_limits<std::int64_t>::max()}.to_string() ==
               "9223372036854775807");
}

BOOST_AUTO_TEST_CASE(numbers_compare_by_value_and_nan_is_the_greatest) {
    BOOST_TEST((numeric{"1.50"} == numeric{"1.5"}));
    BOOST_TEST((numeric{"0.00"} == numeric{}));
    BOOST_TEST((numeric::nan() == numeric::nan()));
    char const* const ascending[] = {"-Infinity",
                                     "-1e50",
                                     "-10000",
                                     "-2",
                                     "-1.5",
                                     "-0.001",
                                     "0",
                                     "0.0001",
                                     "1",
                                     "1.0001",
                                     "9999",
                                     "10000",
                                     "1e50",
                                     "Infinity",
                                     "NaN"};
    for (std::size_t i = 1; i < std::size(ascending); ++i)
        BOOST_TEST((numeric{ascending[i - 1]} < numeric{ascending[i]}), ascending[i]);
}

BOOST_AUTO_TEST_CASE(text_that_is_no_number_is_refused) {
    for (auto const* text : {"",
                             "-",
                             ".",
                             "e5",
                             "1e",
                             "1e+",
                             "1 ",
                             " 1",
                             "1.2.3",
                             "0x10",
                             "1,5",
                             "nano",
                             "infinit",
                             "--1"})
        BOOST_CHECK_EXCEPTION(numeric{text}, copg::error, out_of_range);
}

BOOST_AUTO_TEST_CASE(a_number_of_more_digits_than_the_server_holds_is_refused) {
    BOOST_TEST(numeric{"1e131071"}.to_string().size() == 131072u);
    BOOST_TEST(numeric{"1e-16383"}.scale() == 16383);
    BOOST_TEST(numeric{"0e131099"}.to_string() == "0");
    for (auto const* text : {"1e131072", "1e-16384", "0e-16384", "1e2147483647", "1e99999999999"})
        BOOST_CHECK_EXCEPTION(numeric{text}, copg::error, out_of_range);
}

BOOST_AUTO_TEST_SUITE_END()
