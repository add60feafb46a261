// SPDX-License-Identifier: BSL-1.0
#include <copg/base/sql_error.hpp>

#include <boost/test/unit_test.hpp>

#include <type_traits>

using namespace copg::literals;

BOOST_AUTO_TEST_SUITE(test_error)

BOOST_AUTO_TEST_CASE(an_error_compares_by_code_and_says_only_its_own_message) {
    copg::error const error{copg::errc::tenant_not_found, "tenant pool not found: acme"};
    BOOST_TEST((error.code() == copg::errc::tenant_not_found));
    BOOST_TEST((error.code() != copg::errc::name_not_found));
    BOOST_TEST(error.what() == "tenant pool not found: acme");
}

BOOST_AUTO_TEST_CASE(every_code_has_a_text_of_its_own) {
    std::vector<std::string> texts;
    for (int value = 1; value <= static_cast<int>(copg::errc::no_member_available); ++value) {
        auto const text = copg::make_error_code(static_cast<copg::errc>(value)).message();
        BOOST_TEST(text != "unknown copg error");
        BOOST_TEST(std::count(texts.begin(), texts.end(), text) == 0);
        texts.push_back(text);
    }
}

BOOST_AUTO_TEST_CASE(a_sqlstate_keeps_its_five_characters) {
    BOOST_TEST(to_string(copg::sqlstate::unique_violation) == "23505");
    BOOST_TEST(to_string("40P01"_sqlstate) == "40P01");
    BOOST_TEST(to_string("ZZZZZ"_sqlstate) == "ZZZZZ");
    BOOST_TEST(to_string("00000"_sqlstate) == "00000");
    BOOST_TEST(("40P01"_sqlstate == copg::sqlstate::deadlock_detected));
}

BOOST_AUTO_TEST_CASE(a_sql_error_compares_with_named_states_and_keeps_all_fields) {
    copg::sql_diagnostics fields;
    fields.state = copg::sqlstate::unique_violation;
    fields.severity = "ERROR";
    fields.message = "duplicate key value violates unique constraint \"t_pkey\"";
    fields.detail = "Key (id)=(1) already exists.";
    fields.constraint = "t_pkey";
    fields.position = 7;
    copg::sql_error const error{fields};
    BOOST_TEST((error.code() == copg::sqlstate::unique_violation));
    BOOST_TEST((error.code() != copg::sqlstate::check_violation));
    BOOST_TEST(error.detail() == fields.detail);
    BOOST_TEST(error.constraint() == "t_pkey");
    BOOST_TEST(error.position() == 7);
    BOOST_TEST(error.what() == "ERROR: duplicate key value violates unique constraint \"t_pkey\" "
                               "(SQLSTATE 23505)");
}

BOOST_AUTO_TEST_CASE(errors_copy_without_throwing) {
    BOOST_TEST(std::is_nothrow_copy_constructible_v<copg::error>);
    BOOST_TEST(std::is_nothrow_copy_constructible_v<copg::sql_error>);
}

BOOST_AUTO_TEST_SUITE_END()
