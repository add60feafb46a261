// SPDX-License-Identifier: BSL-1.0
#include "driver/session_data.hpp"

#include <copg/base/error.hpp>
#include <copg/driver/connect_options.hpp>
#include <copg/driver/session.hpp>
#include <copg/driver/statement.hpp>
#include <copg/pool/pool_options.hpp>
#include <copg/scope/scope_key.hpp>
#include <copg/scope/transaction_options.hpp>

#include <boost/test/unit_test.hpp>

#include <type_traits>

using copg::session;

namespace {

auto const refused = [](copg::error const& e) { return e.code() == copg::errc::invalid_session; };

} // namespace

BOOST_AUTO_TEST_SUITE(test_session)

BOOST_AUTO_TEST_CASE(types_that_awaited_functions_take_are_not_aggregates) {
    // GCC 12 destroys an aggregate temporary in an awaiting expression twice.
    BOOST_TEST(!std::is_aggregate_v<session>);
    BOOST_TEST(!std::is_aggregate_v<copg::statement>);
    BOOST_TEST(!std::is_aggregate_v<copg::connect_options>);
    BOOST_TEST(!std::is_aggregate_v<copg::pool_options>);
    BOOST_TEST(!std::is_aggregate_v<copg::scope_key>);
    BOOST_TEST(!std::is_aggregate_v<copg::transaction_modes>);
    BOOST_TEST(!std::is_aggregate_v<copg::transaction_options>);
    BOOST_TEST(!std::is_aggregate_v<copg::raw_value>);
    BOOST_TEST(!std::is_aggregate_v<copg::array<int>>);
    BOOST_TEST(!std::is_aggregate_v<copg::range_bound<copg::numeric>>);
    BOOST_TEST(!std::is_aggregate_v<copg::multirange<int>>);
    BOOST_TEST(!std::is_aggregate_v<copg::typed_value<std::string>>);
    BOOST_TEST(std::is_trivially_destructible_v<copg::interval>);
    BOOST_TEST(std::is_trivially_destructible_v<copg::timetz>);
}

BOOST_AUTO_TEST_CASE(a_session_without_a_schema_is_empty) {
    BOOST_TEST(session{}.empty());
    BOOST_TEST(session{""}.empty());
    BOOST_TEST(!session{"a"}.empty());
}

BOOST_AUTO_TEST_CASE(the_prelude_sets_every_key_even_those_that_the_session_does_not_name) {
    session const bound{"a"};
    auto const& settings = bound.data()->settings;
    BOOST_TEST_REQUIRE(settings.size() == 3);
    BOOST_TEST(settings[0].name == "search_path");
    BOOST_TEST(settings[0].value.value() == "\"a\", pg_temp");
    BOOST_TEST(settings[1].name == "role");
    BOOST_TEST(settings[1].value.value() == "none");
    BOOST_TEST(settings[2].name == "app.current_tenant");
    BOOST_TEST(!settings[2].value.has_value());
}

BOOST_AUTO_TEST_CASE(sessions_are_equal_when_they_set_the_same) {
    auto const acme = session{"a"}.with_tenant("acme").with_setting("work_mem", "8MB");
    BOOST_TEST((acme == session{"a"}.with_setting("work_mem", "8MB").with_tenant("acme")));
    BOOST_TEST(!(acme == session{"a"}.with_tenant("acme")));
    BOOST_TEST(!(acme == session{}));
    BOOST_TEST((session{} == session{""}));
    BOOST_TEST(!(session{"a"} == session{"b"}));
}

BOOST_AUTO_TEST_CASE(a_schema_name_that_postgresql_would_cut_is_refused) {
    BOOST_CHECK_NO_THROW(session{std::string(63, 's')});
    BOOST_CHECK_EXCEPTION(session{std::string(64, 's')}, copg::error, refused);
}

BOOST_AUTO_TEST_CASE(texts_with_nul_are_refused) {
    std::string const nul{"a\0b", 3};
    BOOST_CHECK_EXCEPTION(session{nul}, copg::error, refused);
    BOOST_CHECK_EXCEPTION(session{}.with_tenant(nul), copg::error, refused);
    BOOST_CHECK_EXCEPTION(session{}.with_role(nul), copg::error, refused);
    BOOST_CHECK_EXCEPTION(session{}.with_setting("a.b", nul), copg::error, refused);
}

BOOST_AUTO_TEST_CASE(a_session_describes_itself) {
    BOOST_TEST(session{}.describe() == "no session");
    BOOST_TEST(session{"a"}.with_tenant("x").with_role("r").describe() ==
               "schema \"a\", tenant \"x\", role \"r\"");
}

BOOST_AUTO_TEST_CASE(a_session_made_at_once_is_the_one_made_in_steps) {
    auto const steps =
        session{"s"}.with_tenant("t").with_role("r").with_setting("app.region", "eu");
    BOOST_TEST((session::of("s", "t", "r", {{"app.region", "eu"}}) == steps));
    BOOST_TEST((session::of("", std::nullopt, "", {}) == session{}));
    BOOST_TEST((session::of("", "", "") == session{}.with_tenant("")));
    BOOST_TEST(session::of("s", "t", "").fairness_key() == "t");
}

BOOST_AUTO_TEST_SUITE_END()
