// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/pools.hpp"

#include <copg/driver/connection.hpp>

#include <fmt/format.h>

#include <fstream>

using namespace copg::test;
using copg::connection;
using copg::errc;
using copg::sqlstate;

namespace {

std::size_t resident_bytes() {
    std::ifstream file{"/proc/self/statm"};
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_stream)

COPG_COROUTINE_TEST(rows_come_in_order_to_the_last_one) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto rows = co_await c.stream<int>("select generate_series(1, $1)", 1'000);
    auto expected = 1;
    while (true) {
        auto const row = co_await rows.next();
        if (!row)
            break;
        BOOST_REQUIRE(*row == expected);
        ++expected;
    }
    BOOST_TEST(expected == 1'001);
    auto const again = co_await rows.next();
    BOOST_TEST(!again);
}

COPG_COROUTINE_TEST(an_error_behind_rows_is_told_at_the_end) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto seen = 0;
    auto const end = co_await end_of(c.for_each<int>(
        [&seen](int) { ++seen; }, "select 1 / (500 - i) from generate_series(1, 1000) i"));
    BOOST_TEST((end.code == sqlstate::division_by_zero));
    BOOST_TEST(seen == 499);
    co_await c.ping();
}

COPG_COROUTINE_TEST(a_stream_that_is_left_early_gives_its_connection_back) {
    auto shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto lent = co_await shared.acquire();
    auto const pid = lent.backend_pid();
    for (int i = 0; i < 20; ++i) {
        auto rows = co_await lent.stream<std::int64_t>("select generate_series(1, 1e9::bigint)");
        auto const first = co_await rows.next();
        BOOST_TEST(*first == 1);
    }
    lent.release();
    auto next = co_await shared.acquire();
    BOOST_TEST(next.backend_pid() == pid);
    auto const answer = co_await next.fetch_one<int>("select 42");
    BOOST_TEST(answer == 42);
}

COPG_COROUTINE_TEST(
    a_statement_beside_an_open_stream_is_connection_busy_and_both_places_are_named) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto rows = co_await c.stream<int>("select generate_series(1, 100000)");
    co_await rows.next();
    auto const end = co_await end_of(c.execute("select 1"));
    BOOST_TEST((end.code == errc::connection_busy));
    auto const name = end.message.find("stream.cpp:");
    BOOST_TEST(name != std::string::npos);
    BOOST_TEST(end.message.find("stream.cpp:", name + 1) != std::string::npos, end.message);
}

COPG_COROUTINE_TEST(what_is_not_read_is_not_taken_in) {
    fault_proxy proxy{cluster().port()};
    auto c = co_await connection::connect(proxy.dsn("postgres").c_str());
    auto rows =
        co_await c.stream<std::string>("select repeat('x', 1000) from generate_series(1, 200000)");
    co_await rows.next();
    auto passed = proxy.bytes_answered();
    auto last = passed;
    do { // until it stands still
        last = passed;
        for (int i = 0; i < 20; ++i)
            co_await yield();
        passed = proxy.bytes_answered();
    } while (passed != last);
    BOOST_TEST(passed < 50'000'000u);
    auto count = 1;
    while (true) {
        auto const row = co_await rows.next();
        if (!row)
            break;
        ++count;
    }
    BOOST_TEST(count == 200'000);
}

COPG_COROUTINE_TEST(a_million_rows_need_no_more_memory_than_a_few) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    std::int64_t sum = 0;
    auto const add = [&sum](std::int64_t value) { sum += value; };
    co_await c.for_each<std::int64_t>(add, "select generate_series(1, 1000::bigint)");
    auto const before = resident_bytes();
    co_await c.for_each<std::int64_t>(add, "select generate_series(1, 1000000::bigint)");
    BOOST_TEST(sum == 500'500 + 500'000'500'000);
    BOOST_TEST(resident_bytes() < before + 32 * 1024 * 1024);
}

COPG_COROUTINE_TEST(a_handler_that_throws_ends_the_statement) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const stop = [](int value) {
        if (value == 3)
            throw std::runtime_error{"enough"};
    };
    auto const end = co_await end_of(c.for_each<int>(stop, "select generate_series(1, 10000000)"));
    BOOST_TEST(end.message == "enough");
    co_await c.ping();
}

COPG_COROUTINE_TEST(an_awaitable_handler_is_awaited_before_the_next_row) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto running = 0;
    auto most = 0;
    auto const slow = [&](int) -> asio::awaitable<void> {
        most = std::max(most, ++running);
        co_await yield();
        --running;
    };
    co_await c.for_each<int>(slow, "select generate_series(1, 5)");
    BOOST_TEST(most == 1);
}

COPG_COROUTINE_TEST(a_stream_sees_its_tenant_and_heals_an_outdated_plan) {
    scratch_database const database;
    make_two_tenants(database);
    auto shared = co_await make_pool(database.dsn(), at_most(1));
    for (int round = 0; round < 4; ++round) {
        auto lent = co_await shared.acquire(round % 2 == 0 ? "a" : "b");
        auto rows = co_await lent.stream<std::string>("select owner from item");
        auto const first = co_await rows.next();
        BOOST_TEST(*first == (round % 2 == 0 ? "a" : "b"));
    }
    auto lent = co_await shared.acquire("a");
    for (int i = 0; i < 3; ++i)
        co_await lent.query("select * from item");
    database.execute({"alter table a.item add column more int"});
    auto rows = co_await lent.stream<std::tuple<int, std::string, std::optional<int>>>(
        "select * from item");
    auto const first = co_await rows.next();
    BOOST_TEST(std::get<1>(*first) == "a");
}

COPG_COROUTINE_TEST(a_link_cut_in_mid_stream_is_an_error_and_no_end) {
    fault_proxy proxy{cluster().port()};
    for (std::size_t bytes : {1u, 100u, 5'000u, 100'000u}) {
        auto c = co_await connection::connect(proxy.dsn("postgres").c_str());
        proxy.cut_existing_after_answered(bytes);
        auto const end =
            co_await end_of(c.for_each<int>([](int) {}, "select generate_series(1, 1000000)"));
        BOOST_TEST((end.code == errc::statement_in_doubt), end.message);
        proxy.cut_existing_after_answered(1'000'000'000);
    }
}

COPG_COROUTINE_TEST(a_column_of_the_wrong_type_is_an_error_each_time_and_then_the_end) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto rows = co_await c.stream<int>("select 'x' from generate_series(1, 2)");
    for (int i = 0; i < 2; ++i) {
        auto const end = co_await end_of(rows.next());
        BOOST_TEST((end.code == errc::type_mismatch));
    }
    auto const end = co_await rows.next();
    BOOST_TEST(!end);
}

BOOST_AUTO_TEST_SUITE_END()
