// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/pools.hpp"

#include <copg/driver/connection.hpp>

#include <fmt/format.h>

using namespace copg::test;
using copg::connection;
using copg::errc;
using copg::sqlstate;

namespace {

struct item {
    int i;
    std::optional<std::string> s;
};

asio::awaitable<connection> with_table() {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    co_await c.execute("create temp table t (i int primary key, s text)");
    co_return c;
}

asio::awaitable<std::int64_t> rows_of(connection& c) {
    auto const rows = co_await c.fetch_one<std::int64_t>("select count(*) from t");
    co_return rows;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_copy)

COPG_COROUTINE_TEST(raw_text_goes_in_and_comes_out) {
    auto c = co_await with_table();
    auto in = co_await c.copy_in("copy t from stdin");
    BOOST_TEST(!in.is_binary());
    co_await in.write("1\tone\n2\t");
    co_await in.write("two\n3\t\\N\n");
    auto const count = co_await in.finish();
    BOOST_TEST(count == 3u);
    auto out = co_await c.copy_out("copy (select * from t order by i) to stdout");
    std::string all;
    while (true) {
        auto const piece = co_await out.read();
        if (!piece)
            break;
        all += *piece;
    }
    BOOST_TEST(all == "1\tone\n2\ttwo\n3\t\\N\n");
    co_await c.ping();
}

COPG_COROUTINE_TEST(text_rows_are_escaped_and_taken_apart) {
    auto c = co_await with_table();
    std::string const odd = "tab\t newline\n return\r backslash\\ \\N \b\f\v \xc3\xa4";
    auto in = co_await c.copy_in("copy t from stdin");
    co_await in.write_row(1, odd);
    co_await in.write_row(2, std::nullopt);
    co_await in.write_row(3, std::optional<std::string>{"\\N"});
    co_await in.finish();
    auto const back = co_await c.fetch_one<std::string>("select s from t where i = 1");
    BOOST_TEST(back == odd);
    auto out = co_await c.copy_out("copy (select * from t order by i) to stdout");
    auto const first = co_await out.read_text_row();
    BOOST_TEST((first->at(0) == "1"));
    BOOST_TEST((first->at(1) == odd));
    auto const second = co_await out.read_text_row();
    BOOST_TEST((second->at(1) == std::nullopt));
    auto const third = co_await out.read_text_row();
    BOOST_TEST((third->at(1) == "\\N"));
    auto const end = co_await out.read_text_row();
    BOOST_TEST(!end);
}

COPG_COROUTINE_TEST(binary_rows_go_in) {
    auto c = co_await with_table();
    auto in = co_await c.copy_in("copy t from stdin (format binary)");
    BOOST_TEST(in.is_binary());
    for (int i = 0; i < 10'000; ++i)
        co_await in.write_row(i, fmt::format("row {}", i));
    co_await in.write_row(10'000, std::optional<std::string>{});
    auto const count = co_await in.finish();
    BOOST_TEST(count == 10'001u);
    auto const last = co_await c.fetch_one<std::string>("select s from t where i = 9999");
    BOOST_TEST(last == "row 9999");
}

COPG_COROUTINE_TEST(typed_rows_go_in_and_come_out) {
    auto c = co_await with_table();
    auto in = co_await c.copy_in<item>("t", "i, s");
    std::vector<item> const rows{{1, "one"}, {2, std::nullopt}, {3, "three"}};
    co_await in.write_all(rows);
    item const last{4, ""};
    co_await in.write(last);
    auto const count = co_await in.finish();
    BOOST_TEST(count == 4u);
    auto out = co_await c.copy_out<std::tuple<int, std::optional<std::string>>>(
        "select i, s from t order by i");
    for (auto const& row : rows) {
        auto const back = co_await out.next();
        BOOST_REQUIRE(back);
        BOOST_TEST((*back == std::tuple{row.i, row.s}));
    }
    auto const fourth = co_await out.next();
    BOOST_TEST((std::get<1>(*fourth) == ""));
    auto const end = co_await out.next();
    BOOST_TEST(!end);
    auto nothing = co_await c.copy_out<int>("select i from t where false");
    auto const none = co_await nothing.next();
    BOOST_TEST(!none);
}

COPG_COROUTINE_TEST(a_typed_copy_refuses_other_types_and_names_the_column) {
    auto c = co_await with_table();
    auto const wide =
        co_await end_of(c.copy_in<std::tuple<std::int64_t, std::string>>("t", "i, s"));
    BOOST_TEST((wide.code == errc::type_mismatch));
    BOOST_TEST(wide.message.find("column 1 \"i\" is integer") != std::string::npos, wide.message);
    auto const text = co_await end_of(c.copy_in<std::tuple<std::string, std::string>>("t", "i, s"));
    BOOST_TEST((text.code == errc::type_mismatch));
    auto const width = co_await end_of(c.copy_in<std::tuple<int>>("t", "i, s"));
    BOOST_TEST((width.code == errc::type_mismatch));
    auto const out = co_await end_of(c.copy_out<std::string>("select i from t"));
    BOOST_TEST((out.code == errc::type_mismatch));
    auto const missing = co_await end_of(c.copy_in<item>("no_such_table", "i, s"));
    BOOST_TEST((missing.code == sqlstate::undefined_table));
    auto const rows = co_await rows_of(c);
    BOOST_TEST(rows == 0);
}

COPG_COROUTINE_TEST(no_rows_are_a_copy_too) {
    auto c = co_await with_table();
    for (auto const* sql : {"copy t from stdin", "copy t from stdin (format binary)"}) {
        auto in = co_await c.copy_in(sql);
        auto const count = co_await in.finish();
        BOOST_TEST(count == 0u);
    }
    auto out = co_await c.copy_out("copy t to stdout");
    auto const nothing = co_await out.read();
    BOOST_TEST(!nothing);
}

COPG_COROUTINE_TEST(a_copy_that_is_not_finished_counts_for_nothing) {
    auto c = co_await with_table();
    {
        auto in = co_await c.copy_in("copy t from stdin");
        co_await in.write("1\tone\n");
    }
    auto const rows = co_await rows_of(c);
    BOOST_TEST(rows == 0);
}

COPG_COROUTINE_TEST(a_reader_that_is_left_early_gives_the_connection_back) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const pid = c.backend_pid();
    {
        auto out = co_await c.copy_out("copy (select generate_series(1, 100000000)) to stdout");
        auto const first = co_await out.read();
        BOOST_TEST((first == "1\n"));
    }
    co_await c.ping();
    BOOST_TEST(c.backend_pid() == pid);
}

COPG_COROUTINE_TEST(a_refusal_that_has_arrived_stops_the_writer) {
    scratch_database const database;
    database.execute({"create table t (i int)"});
    fault_proxy proxy{cluster().port()};
    auto c = co_await connection::connect(proxy.dsn(database.name()).c_str());
    auto in = co_await c.copy_in("copy t from stdin");
    auto const before = proxy.bytes_answered();
    co_await in.write("no number\n");
    co_await in.drain();
    co_await eventually([&] { return proxy.bytes_answered() > before; });
    for (int i = 0; i < 10; ++i)
        co_await yield();
    co_await in.write("1\n");
    auto const end = co_await end_of(in.drain());
    BOOST_TEST((end.code == sqlstate::invalid_text_representation), end.message);
    auto const rows = co_await rows_of(c);
    BOOST_TEST(rows == 0);
}

COPG_COROUTINE_TEST(a_refusal_in_the_middle_of_much_data_is_told_at_the_latest_at_the_end) {
    auto c = co_await with_table();
    auto in = co_await c.copy_in("copy t from stdin");
    co_await in.write("no number\tx\n");
    std::string const row(60'000, 'x');
    ending end;
    for (int i = 0; i < 1'000 && !end.code; ++i)
        end = co_await end_of(in.write(fmt::format("{}\t{}\n", i, row)));
    if (!end.code)
        end = co_await end_of(in.finish());
    BOOST_TEST((end.code == sqlstate::invalid_text_representation), end.message);
    auto const rows = co_await rows_of(c);
    BOOST_TEST(rows == 0);
}

COPG_COROUTINE_TEST(a_refusal_at_the_end_is_told_by_finish) {
    auto c = co_await with_table();
    auto in = co_await c.copy_in("copy t from stdin");
    co_await in.write("1\ta\n1\tb\n");
    auto const end = co_await end_of(in.finish());
    BOOST_TEST((end.code == sqlstate::unique_violation));
    co_await c.ping();
}

COPG_COROUTINE_TEST(a_wrong_statement_is_refused) {
    auto c = co_await with_table();
    auto const other = co_await end_of(c.copy_in("select 1"));
    BOOST_TEST((other.code == errc::unsupported_statement));
    auto const wrong_way = co_await end_of(c.copy_in("copy t to stdout"));
    BOOST_TEST((wrong_way.code == errc::unsupported_statement));
    auto const wrong_way_too = co_await end_of(c.copy_out("copy t from stdin"));
    BOOST_TEST((wrong_way_too.code == errc::unsupported_statement));
    auto const missing = co_await end_of(c.copy_in("copy no_such_table from stdin"));
    BOOST_TEST((missing.code == sqlstate::undefined_table));
    auto const rows = co_await rows_of(c);
    BOOST_TEST(rows == 0);
}

COPG_COROUTINE_TEST(a_copy_goes_into_its_tenant) {
    scratch_database const database;
    make_two_tenants(database);
    auto shared = co_await make_pool(database.dsn(), at_most(1));
    {
        auto lent = co_await shared.acquire("b");
        auto in = co_await lent.copy_in("copy item from stdin");
        co_await in.write_row(100, "copied");
        co_await in.finish();
        auto out = co_await lent.copy_out("copy (select owner from item where id < 3) to stdout");
        auto const row = co_await out.read();
        BOOST_TEST((row == "b\n"));
    }
    BOOST_TEST(database.text("select count(*)::text from b.item where id = 100") == "1");
    BOOST_TEST(database.text("select count(*)::text from a.item where id = 100") == "0");
    auto again = co_await shared.acquire("b");
    auto const failed = co_await end_of(again.copy_in("copy nowhere from stdin"));
    BOOST_TEST((failed.code == sqlstate::undefined_table));
    co_await again.ping();
    auto const state = co_await again.fetch_one<std::string>("select owner from item where id = 1");
    BOOST_TEST(state == "b");
}

COPG_COROUTINE_TEST(a_statement_beside_an_open_copy_is_connection_busy) {
    auto c = co_await with_table();
    auto in = co_await c.copy_in("copy t from stdin");
    auto const end = co_await end_of(c.ping());
    BOOST_TEST((end.code == errc::connection_busy));
    co_await in.finish();
}

COPG_COROUTINE_TEST(a_writer_waits_for_a_server_that_is_behind) {
    scratch_database const database;
    database.execute({"create table t (s text)"});
    fault_proxy proxy{cluster().port()};
    auto c = co_await connection::connect(proxy.dsn(database.name()).c_str());
    auto in = co_await c.copy_in("copy t from stdin");
    std::string const row = std::string(99'999, 'x') + "\n";
    constexpr int rows = 300;
    for (int i = 0; i < rows; ++i)
        co_await in.write(row);
    auto const count = co_await in.finish();
    BOOST_TEST(count == static_cast<std::uint64_t>(rows));
}

COPG_COROUTINE_TEST(a_link_cut_in_mid_copy_is_lost_or_in_doubt) {
    scratch_database const database;
    database.execute({"create table t (i int, s text)"});
    fault_proxy proxy{cluster().port()};
    auto lost = 0;
    auto doubts = 0;
    auto results = 0;
    for (std::size_t bytes = 1; bytes < 100 && results == 0; ++bytes) {
        auto c = co_await connection::connect(proxy.dsn(database.name()).c_str());
        proxy.cut_existing_after_answered(bytes);
        auto const copy = [&]() -> asio::awaitable<void> {
            auto in = co_await c.copy_in("copy t from stdin");
            co_await in.write_row(1, "x");
            co_await in.finish();
        };
        auto const end = co_await end_of(copy());
        results += !end.code;
        lost += end.code == errc::connection_lost;
        doubts += end.code == errc::statement_in_doubt;
        proxy.cut_existing_after_answered(1'000'000);
    }
    BOOST_TEST(results == 1);
    BOOST_TEST(lost + doubts > 0);
}

COPG_COROUTINE_TEST(a_row_that_cannot_be_written_is_none) {
    auto c = co_await with_table();
    for (auto const* sql : {"copy t from stdin", "copy t from stdin (format binary)"}) {
        auto in = co_await c.copy_in(sql);
        auto const bad = co_await end_of(in.write_row(1, std::string("a\0b", 3)));
        BOOST_TEST((bad.code == errc::value_out_of_range));
        co_await in.write_row(2, "good");
        auto const count = co_await in.finish();
        BOOST_TEST(count == 1u);
        auto const text = co_await c.fetch_one<std::string>("select s from t");
        BOOST_TEST(text == "good");
        co_await c.execute("truncate t");
    }
}

COPG_COROUTINE_TEST(what_is_asked_of_a_copy_that_failed_fails_again) {
    auto c = co_await with_table();
    auto in = co_await c.copy_in("copy t from stdin");
    co_await in.write("bad\tx\n");
    auto const first = co_await end_of(in.finish());
    auto const second = co_await end_of(in.finish());
    BOOST_TEST((first.code == sqlstate::invalid_text_representation));
    BOOST_TEST((second.code == sqlstate::invalid_text_representation));
    auto out = co_await c.copy_out(
        "copy (select 1 / (900000 - i) from generate_series(1, 1000000) i) to stdout");
    ending end;
    while (!end.code)
        end = co_await end_of(out.read());
    auto const again = co_await end_of(out.read());
    BOOST_TEST((again.code == sqlstate::division_by_zero));
}

BOOST_AUTO_TEST_SUITE_END()
