// SPDX-License-Identifier: BSL-1.0
// Enums, composites and domains there and back.
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

BOOST_AUTO_TEST_SUITE(test_composites)

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
    BOOST_TEST((no_array.code == errc::type_mismatch));
    auto const no_struct = co_await end_of(c.fetch_one<std::optional<pair>>("select 'ok'::mood"));
    BOOST_TEST((no_struct.code == errc::type_mismatch));
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
