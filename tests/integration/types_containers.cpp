// SPDX-License-Identifier: BSL-1.0
// Arrays, ranges, enums, composites and domains there and back.
#include "support/types.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

using namespace copg::test;
using copg::connection;
using copg::errc;

namespace {

enum class mood { sad, ok, happy };
BOOST_DESCRIBE_ENUM(mood, sad, ok, happy)

struct place {
    int x;
    std::optional<std::string> label;
    mood feels;
    std::vector<copg::numeric> sizes;

    friend bool operator==(place const&, place const&) = default;
};
BOOST_DESCRIBE_STRUCT(place, (), (x, label, feels, sizes))

struct segment {
    place from;
    std::optional<place> to;
    std::chrono::sys_days day;
    copg::range<std::int32_t> span;

    friend bool operator==(segment const&, segment const&) = default;
};
BOOST_DESCRIBE_STRUCT(segment, (), (from, to, day, span))

struct pair {
    int number;
    std::string text;

    friend bool operator==(pair const&, pair const&) = default;
};
BOOST_DESCRIBE_STRUCT(pair, (), (number, text))

} // namespace

BOOST_AUTO_TEST_SUITE(test_containers)

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

COPG_COROUTINE_TEST(an_enum_goes_by_its_labels_and_an_unknown_label_is_named) {
    scratch_database const database;
    auto c = co_await connection::connect(database.dsn().c_str());
    co_await c.execute("create type mood as enum ('sad', 'ok', 'happy', 'furious')");
    for (auto const* label : {"sad", "ok", "happy"})
        co_await full_round_trip<mood>(c, "mood", label);
    auto const happy = co_await c.fetch_one<mood>("select 'happy'::text");
    BOOST_TEST((happy == mood::happy));
    auto const unknown = co_await end_of(c.fetch_one<mood>("select 'furious'::mood as m"));
    BOOST_TEST((unknown.code == errc::value_out_of_range));
    BOOST_TEST(unknown.message.starts_with("column 1 \"m\": "), unknown.message);
    BOOST_TEST(unknown.message.ends_with("mood has no enumerator \"furious\""), unknown.message);
    auto const number = co_await end_of(c.fetch_one<mood>("select 1"));
    BOOST_TEST((number.code == errc::type_mismatch));
    BOOST_TEST((refusal_of(static_cast<mood>(7)).code() == errc::value_out_of_range));
}

COPG_COROUTINE_TEST(composites_go_there_and_back_also_nested_and_in_arrays) {
    scratch_database const database;
    auto c = co_await connection::connect(database.dsn().c_str());
    co_await c.execute("create type mood as enum ('sad', 'ok', 'happy')");
    co_await c.execute("create type place as (x int, label varchar, feels mood, sizes numeric[])");
    co_await c.execute("create type segment as (a place, b place, day date, span int4range)");
    place const here{7, R"(a "q" \ (b), c)", mood::ok, {copg::numeric{"1.50"}}};
    place const there{-1, std::nullopt, mood::sad, {}};
    segment const sent{here,
                       there,
                       std::chrono::sys_days{std::chrono::year{2024} / 2 / 29},
                       copg::range<int>::half_open(1, 3)};
    using row = std::tuple<segment>;
    auto const received = co_await c.fetch_one<row>("select $1::segment", sent);
    BOOST_TEST((std::get<0>(received) == sent));
    segment const half{here, std::nullopt, sent.day, {}};
    std::vector<std::optional<segment>> const many{sent, std::nullopt, half};
    auto const list =
        co_await c.fetch_one<std::vector<std::optional<segment>>>("select $1::segment[]", many);
    BOOST_TEST((list == many));
    auto const plain = co_await c.fetch_one<std::optional<place>>("select null::place");
    BOOST_TEST(!plain.has_value());
}

COPG_COROUTINE_TEST(anonymous_records_are_read_as_structs) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const record = co_await c.fetch_one<std::optional<pair>>("select row(1, 'one'::text)");
    BOOST_TEST((record == pair{1, "one"}));
    auto const records = co_await c.fetch_one<std::vector<pair>>(
        "select array_agg(row(n, n::text) order by n) from generate_series(1, 2) n");
    BOOST_TEST((records == std::vector<pair>{{1, "1"}, {2, "2"}}));
}

COPG_COROUTINE_TEST(a_wrong_type_inside_an_array_or_composite_is_named) {
    scratch_database const database;
    auto c = co_await connection::connect(database.dsn().c_str());
    auto const member =
        co_await end_of(c.fetch_one<std::optional<pair>>("select row(1::bigint, 'x'::text) as r"));
    BOOST_TEST((member.code == errc::type_mismatch));
    BOOST_TEST(member.message == "column 1 \"r\": a value inside is bigint, which int cannot hold");
    auto const width = co_await end_of(c.fetch_one<std::optional<pair>>("select row(1) as r"));
    BOOST_TEST((width.code == errc::type_mismatch));
    BOOST_TEST(width.message.starts_with("column 1 \"r\": record has 1 attributes, "),
               width.message);
    co_await c.execute("create type mood as enum ('sad', 'ok')");
    auto const no_array = co_await end_of(c.fetch_one<std::vector<int>>("select 'sad'::mood"));
    BOOST_TEST((no_array.code == errc::type_mismatch || no_array.code == errc::protocol_error));
}

COPG_COROUTINE_TEST(a_domain_reads_as_its_base_type_but_not_inside_others) {
    scratch_database const database;
    auto c = co_await connection::connect(database.dsn().c_str());
    co_await c.execute("create domain positive as int check (value > 0)");
    auto const value = co_await c.fetch_one<int>("select 7::positive");
    BOOST_TEST(value == 7);
    auto const inside = co_await end_of(c.fetch_one<std::vector<int>>("select '{7}'::positive[]"));
    BOOST_TEST((inside.code == errc::type_mismatch));
    auto const cast = co_await c.fetch_one<std::vector<int>>("select '{7}'::positive[]::int[]");
    BOOST_TEST((cast == std::vector{7}));
}

BOOST_AUTO_TEST_SUITE_END()
