// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/row.hpp>
#include <copg/driver/row_view.hpp>
#include <copg/driver/statement.hpp>

#include <boost/test/unit_test.hpp>

#include <libpq-fe.h>

#include <array>

using copg::errc;
using copg::oid;

namespace {

/// A result of one row of texts, as libpq makes it of an answer in text format.
copg::result text_result(std::initializer_list<std::pair<oid, char const*>> values) {
    auto* const made = PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
    std::vector<PGresAttDesc> columns;
    std::string name = "value";
    for (auto const& [type, text] : values)
        columns.push_back({name.data(), 0, 0, 0, static_cast<Oid>(type), -1, -1});
    PQsetResultAttrs(made, static_cast<int>(columns.size()), columns.data());
    int column = 0;
    for (auto const& [type, text] : values) {
        std::string copy{text == nullptr ? "" : text};
        auto const length = text == nullptr ? -1 : static_cast<int>(copy.size());
        PQsetvalue(made, 0, column++, copy.data(), length);
    }
    return copg::result{made};
}

template <class T>
std::error_code end_of_read(copg::result const& rows) {
    try {
        copg::read_row<T>(rows, 0);
    } catch (copg::error const& e) {
        return e.code();
    }
    return {};
}

/// Says that it has a size, at no cost but memory.
struct huge {
    std::size_t size;
};

enum class undescribed { one };

} // namespace

template <>
struct copg::codec<huge> {
    static constexpr oid parameter_type = oid::bytea;
    static constexpr bool binary = true;
    static void encode(huge const& value, std::string& out) { out.resize(out.size() + value.size); }
};

static_assert(!copg::encodable<undescribed> && !copg::decodable<undescribed>);
static_assert(!copg::encodable<std::byte> && !copg::decodable<std::string_view>);
static_assert(!copg::encodable<std::vector<std::vector<int>>>);

BOOST_AUTO_TEST_SUITE(test_result)

BOOST_AUTO_TEST_CASE(a_string_reads_every_column_that_came_as_text_and_nothing_else_does) {
    auto const number = text_result({{oid::int4, "42"}});
    BOOST_TEST(!number.at(0, 0).binary);
    BOOST_TEST(copg::read_row<std::string>(number, 0) == "42");
    BOOST_TEST((end_of_read<int>(number) == errc::type_mismatch));
    BOOST_TEST((end_of_read<copg::raw_value>(number) == errc::type_mismatch));
    auto const point = text_result({{oid{600}, "(1,2)"}, {oid::macaddr, nullptr}});
    using row = std::tuple<std::string, std::optional<std::string>>;
    BOOST_TEST((copg::read_row<row>(point, 0) == row{"(1,2)", std::nullopt}));
    copg::row_map const map{point, 0};
    BOOST_TEST(map.get<std::string>(0) == "(1,2)");
    BOOST_TEST(map.is_null(1));
}

BOOST_AUTO_TEST_CASE(a_text_column_is_named_as_such_in_the_error) {
    try {
        copg::read_row<int>(text_result({{oid::int4, "42"}}), 0);
        BOOST_ERROR("text was read as an integer");
    } catch (copg::error const& e) {
        BOOST_TEST(std::string{e.what()} ==
                   "column 1 \"value\" is integer in text format, which int cannot hold");
    }
}

BOOST_AUTO_TEST_CASE(a_statement_asks_for_text_results_when_it_is_told_to) {
    BOOST_TEST(!copg::statement{"select 1"}.wants_text());
    BOOST_TEST(copg::statement{copg::sql{"select 1"}.text_results()}.wants_text());
}

BOOST_AUTO_TEST_CASE(parameters_of_a_gibibyte_are_refused) {
    auto const too_large = [](copg::error const& e) {
        return e.code() == errc::value_out_of_range &&
               std::string{e.what()}.find("1 GiB") != std::string::npos;
    };
    constexpr std::size_t gibibyte = std::size_t{1} << 30;
    BOOST_CHECK_EXCEPTION((copg::statement{"select $1", huge{gibibyte}}), copg::error, too_large);
    huge const half{gibibyte / 2};
    BOOST_CHECK_EXCEPTION((copg::statement{"select $1, $2", half, half}), copg::error, too_large);
}

BOOST_AUTO_TEST_SUITE_END()
