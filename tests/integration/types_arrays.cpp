// SPDX-License-Identifier: BSL-1.0
// Arrays and ranges there and back.
#include "support/types.hpp"

using namespace copg::test;
using copg::connection;
using copg::errc;

BOOST_AUTO_TEST_SUITE(test_arrays)

COPG_COROUTINE_TEST(a_vector_is_a_one_dimensional_array_and_refuses_others) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const empty = co_await c.fetch_one<std::vector<int>>("select '{}'::int[]");
    BOOST_TEST(empty.empty());
    auto const none = co_await c.fetch_one<std::string>("select $1::text", empty);
    BOOST_TEST(none == "{}");
    auto const widened = co_await c.fetch_one<std::vector<std::int64_t>>("select '{1,2}'::int2[]");
    BOOST_TEST((widened == std::vector<std::int64_t>{1, 2}));
    std::vector<bool> const bits{true, false};
    auto const flags = co_await c.fetch_one<std::vector<bool>>("select $1", bits);
    BOOST_TEST((flags == bits));
    auto const shifted = co_await c.fetch_one<std::vector<int>>("select '[5:6]={1,2}'::int[]");
    BOOST_TEST((shifted == std::vector{1, 2}));
    auto const square =
        co_await end_of(c.fetch_one<std::vector<int>>("select '{{1},{2}}'::int[] as m"));
    BOOST_TEST((square.code == errc::type_mismatch));
    BOOST_TEST(
        square.message ==
        "column 1 \"m\": the array has 2 dimensions, std::vector holds one; use copg::array");
    auto const null =
        co_await end_of(c.fetch_one<std::vector<int>>("select '{1,NULL}'::int[] as n"));
    BOOST_TEST((null.code == errc::unexpected_null));
    auto const narrow = co_await end_of(c.fetch_one<std::vector<int>>("select '{1}'::int8[] as w"));
    BOOST_TEST((narrow.code == errc::type_mismatch));
    BOOST_TEST(narrow.message.starts_with("column 1 \"w\" is bigint[], which "), narrow.message);
    std::vector<int> const wanted{2, 3};
    auto const any =
        co_await c.fetch<int>("select n from generate_series(1, 9) n where n = any($1)", wanted);
    BOOST_TEST((any == wanted));
}

COPG_COROUTINE_TEST(an_array_keeps_dimensions_and_lower_bounds) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    for (auto const* literal : {"{}",
                                "{1,NULL,3}",
                                "[0:1]={1,2}",
                                "[-1:0][3:4]={{1,2},{3,4}}",
                                "{{{{{1,2}}},{{{3,4}}}}}",
                                "[1:1][-2:-1][3:3][1:1][1:1][9:9]={{{{{{1}}}},{{{{2}}}}}}"})
        co_await round_trip<copg::array<std::optional<int>>>(c, "int[]", literal);
    for (auto const* literal : {"{}", "{{a,NULL},{\"\",\"\\\"\"}}", "[2:2][3:4]={{x,\"NULL\"}}"})
        co_await round_trip<copg::array<std::optional<std::string>>>(c, "text[]", literal);
    auto const cube = co_await c.fetch_one<copg::array<int>>("select '{{1,2,3},{4,5,6}}'::int[]");
    BOOST_TEST((cube == copg::array<int>{{{2}, {3}}, {1, 2, 3, 4, 5, 6}}));
    copg::array<int> const uneven{{{2}, {2}}, {1, 2, 3}};
    BOOST_TEST((refusal_of(uneven).code() == errc::value_out_of_range));
}

COPG_COROUTINE_TEST(arrays_of_texts_fit_columns_of_any_array_type) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    std::vector<std::string> const ids{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"};
    auto const uuids = co_await c.fetch_one<bool>(
        "select 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid = any($1)", ids);
    BOOST_TEST(uuids);
    std::vector<std::string> const numbers{"1.5", "2"};
    auto const sum =
        co_await c.fetch_one<copg::numeric>("select sum(n) from unnest($1::numeric[]) n", numbers);
    BOOST_TEST(sum.to_string() == "3.5");
}

COPG_COROUTINE_TEST(ranges_and_multiranges_go_there_and_back) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    using copg::multirange;
    using copg::range;
    for (auto const* literal : {"empty", "[1,5]", "(1,5)", "(,)", "[,5)", "[7,)"}) {
        co_await full_round_trip<range<std::int32_t>>(c, "int4range", literal);
        co_await full_round_trip<range<std::int64_t>>(c, "int8range", literal);
        co_await full_round_trip<range<copg::numeric>>(c, "numrange", literal);
    }
    for (auto const* literal :
         {"empty", "[2000-01-01,2000-02-01]", "(,infinity)", "[-infinity,]"}) {
        co_await full_round_trip<range<copg::date>>(c, "daterange", literal);
        co_await full_round_trip<range<copg::timestamp>>(c, "tsrange", literal);
        co_await full_round_trip<range<copg::timestamptz>>(c, "tstzrange", literal);
    }
    for (auto const* literal : {"{}", "{[1,2)}", "{(,3),[5,7),[9,)}"}) {
        co_await full_round_trip<multirange<std::int32_t>>(c, "int4multirange", literal);
        co_await full_round_trip<multirange<std::int64_t>>(c, "int8multirange", literal);
        co_await full_round_trip<multirange<copg::numeric>>(c, "nummultirange", literal);
    }
    for (auto const* literal : {"{}", "{[2000-01-01,2000-02-01),[2001-01-01,)}"}) {
        co_await full_round_trip<multirange<std::chrono::sys_days>>(c, "datemultirange", literal);
        co_await full_round_trip<multirange<copg::timestamp>>(c, "tsmultirange", literal);
        co_await full_round_trip<multirange<copg::timestamptz>>(c, "tstzmultirange", literal);
    }
    auto const half = co_await c.fetch_one<range<int>>("select '[1,5]'::int4range");
    BOOST_TEST((half == range<int>::half_open(1, 6)));
    auto const inverted =
        co_await end_of(c.fetch_one<range<int>>("select $1", range<int>::closed(2, 1)));
    BOOST_TEST((inverted.code == copg::literals::operator""_sqlstate("22000", 5)));
}

COPG_COROUTINE_TEST(ranges_over_other_types_are_parameters_as_literals) {
    scratch_database const database;
    auto c = co_await connection::connect(database.dsn().c_str());
    co_await c.execute("create type floatrange as range (subtype = float8)");
    auto const text = co_await c.fetch_one<std::string>("select $1::floatrange::text",
                                                        copg::range<double>::half_open(0.5, 1e20));
    BOOST_TEST(text == "[0.5,1e+20)");
    auto const unknown =
        co_await end_of(c.fetch_one<copg::range<double>>("select '[1,2)'::floatrange"));
    BOOST_TEST((unknown.code == errc::type_mismatch));
}

BOOST_AUTO_TEST_SUITE_END()
