// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/base/identifier.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(test_identifier)

BOOST_AUTO_TEST_CASE(quotes_inside_an_identifier_are_doubled) {
    BOOST_TEST(copg::quote_identifier("tenant_a") == "\"tenant_a\"");
    BOOST_TEST(copg::quote_identifier("Größe x") == "\"Größe x\"");
    BOOST_TEST(copg::quote_identifier("a\"; drop schema b; --") == "\"a\"\"; drop schema b; --\"");
}

BOOST_AUTO_TEST_CASE(an_empty_identifier_and_one_with_nul_are_refused) {
    auto const invalid = [](copg::error const& e) {
        return e.code() == copg::errc::invalid_session;
    };
    BOOST_CHECK_EXCEPTION(copg::quote_identifier(""), copg::error, invalid);
    BOOST_CHECK_EXCEPTION(
        copg::quote_identifier(std::string_view{"a\0b", 3}), copg::error, invalid);
}

BOOST_AUTO_TEST_SUITE_END()
