// SPDX-License-Identifier: BSL-1.0
// Rows by position, by name, as maps and through mappers.
#include "support/types.hpp"

#include <copg/driver/row_view.hpp>

#include <boost/describe/class.hpp>

using namespace copg::test;
using copg::connection;
using copg::errc;

namespace {

struct named {
    int id;
    std::optional<std::string> name;

    friend bool operator==(named const&, named const&) = default;
};
BOOST_DESCRIBE_STRUCT(named, (), (id, name))

struct derived : named {
    double score;
};
BOOST_DESCRIBE_STRUCT(derived, (named), (score))

struct by_position {
    int id;
    std::string name;
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_rows)

COPG_COROUTINE_TEST(a_described_struct_takes_columns_by_name_in_any_order) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const row = co_await c.fetch_one<named>("select 'x' as name, 1 as id");
    BOOST_TEST((row == named{1, "x"}));
    auto const more =
        co_await c.fetch_one<derived>("select 0.5::float8 score, null::text name, 2 id");
    BOOST_TEST(more.id == 2);
    BOOST_TEST(more.score == 0.5);
    auto const plain = co_await c.fetch_one<by_position>("select 1 as other, 'x' as whatever");
    BOOST_TEST(plain.name == "x");
}

COPG_COROUTINE_TEST(missing_repeated_and_surplus_columns_are_named) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const ended =
        co_await end_of(c.fetch<named>("select 1 as id, 2 as id, 3 as extra, 'x' as \"Name\""));
    BOOST_TEST((ended.code == errc::type_mismatch));
    BOOST_TEST(ended.message.ends_with("named: missing: \"name\"; there more than once: \"id\"; "
                                       "without a member: \"extra\", \"Name\""),
               ended.message);
    auto const wrong = co_await end_of(c.fetch<named>("select 'x' as name, 1::bigint as id"));
    BOOST_TEST(wrong.message == "column 2 \"id\" is bigint, which int cannot hold");
}

COPG_COROUTINE_TEST(columns_that_do_not_fit_are_an_error_also_without_rows) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const ended = co_await end_of(c.fetch<int>("select 'x'::text as t where false"));
    BOOST_TEST((ended.code == errc::type_mismatch));
    auto const optional = co_await end_of(c.fetch_optional<int>("select 1, 2 where false"));
    BOOST_TEST((optional.code == errc::type_mismatch));
}

COPG_COROUTINE_TEST(a_row_map_holds_any_columns_and_outlives_its_result) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const rows = co_await c.fetch<copg::row_map>(
        "select n as id, 'name ' || n as name, null::int as gap, 1 as twice, 2 as twice "
        "from generate_series(1, 2) n order by n");
    BOOST_TEST_REQUIRE(rows.size() == 2u);
    auto const& row = rows[1];
    BOOST_TEST(row.size() == 5u);
    BOOST_TEST(row.column_name(1) == "name");
    BOOST_TEST(row.get<int>("id") == 2);
    BOOST_TEST(row.get<std::string>("name") == "name 2");
    BOOST_TEST(row.is_null("gap"));
    BOOST_TEST(!row.get<std::optional<int>>("gap").has_value());
    BOOST_TEST(row.get<int>(4) == 2);
    auto const code_of = [&](auto read) {
        try {
            read();
        } catch (copg::error const& e) {
            return e.code();
        }
        return std::error_code{};
    };
    BOOST_TEST((code_of([&] { row.get<int>("twice"); }) == errc::type_mismatch));
    BOOST_TEST((code_of([&] { row.get<int>("nothing"); }) == errc::type_mismatch));
    BOOST_TEST((code_of([&] { row.get<int>(5); }) == errc::type_mismatch));
    BOOST_TEST((code_of([&] { row.get<int>("name"); }) == errc::type_mismatch));
    BOOST_TEST((code_of([&] { row.get<int>("gap"); }) == errc::unexpected_null));
}

COPG_COROUTINE_TEST(a_mapper_makes_values_of_rows) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const join = [](copg::row_view row) {
        return row.get<std::string>("name") + std::to_string(row.get<int>("id"));
    };
    auto const joined = co_await c.fetch(join, "select $1 as id, 'n'::text as name", 7);
    BOOST_TEST(joined == std::vector<std::string>{"n7"}, boost::test_tools::per_element());
    auto const keep = [](copg::row_map const& row) { return row; };
    auto const kept = co_await c.fetch(keep, "select 1 as id");
    BOOST_TEST(kept.at(0).get<int>("id") == 1);
    auto const fails = [](copg::row_view row) { return row.get<int>("none"); };
    auto const ended = co_await end_of(c.fetch(fails, "select 1 as id"));
    BOOST_TEST((ended.code == errc::type_mismatch));
    co_await c.ping();
}

BOOST_AUTO_TEST_CASE(a_value_with_nul_is_refused_inside_arrays_and_composites_too) {
    std::string const nul{"a\0b", 3};
    std::vector<std::string> const values{nul};
    BOOST_TEST((refusal_of(values).code() == errc::value_out_of_range));
    named const member{1, nul};
    BOOST_TEST((refusal_of(member).code() == errc::value_out_of_range));
}

BOOST_AUTO_TEST_SUITE_END()
