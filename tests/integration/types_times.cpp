// SPDX-License-Identifier: BSL-1.0
// Dates and times there and back, against the server's own text.
#include "support/types.hpp"

using namespace copg::test;
using copg::connection;
using copg::errc;
using std::chrono::microseconds;
using std::chrono::sys_days;

BOOST_AUTO_TEST_SUITE(test_times)

COPG_COROUTINE_TEST(dates_and_timestamps_hold_all_that_the_server_holds) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    for (auto const* zone : {"UTC", "Asia/Kathmandu"}) {
        co_await c.execute(std::string{"set timezone = '"} + zone + "'");
        co_await all_round_trips<copg::date>(
            c,
            "date",
            "4713-01-01 BC|0001-12-31 BC|0001-01-01|2000-02-29|5874897-12-31|"
            "infinity|-infinity");
        std::string const moments =
            "4713-01-02 00:00 BC|0001-02-29 12:00:00.5 BC|1999-12-31 23:59:59.999999|"
            "2000-01-01 00:00:00|294276-12-31 10:59:59.999999|infinity|-infinity";
        co_await all_round_trips<copg::timestamp>(c, "timestamp", moments);
        co_await all_round_trips<copg::timestamptz>(c, "timestamptz", moments);
    }
}

COPG_COROUTINE_TEST(chrono_times_refuse_infinity_and_what_they_cannot_hold) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    using local = std::chrono::local_time<microseconds>;
    using absolute = std::chrono::sys_time<microseconds>;
    co_await all_round_trips<sys_days>(c, "date", "4713-01-01 BC|2024-02-29|32767-12-31");
    co_await all_round_trips<local>(
        c, "timestamp", "4713-01-01 00:00 BC|1969-07-20 20:17:40.5|294246-01-01 00:00");
    co_await all_round_trips<absolute>(
        c, "timestamptz", "4713-01-02 00:00 BC|1969-07-20 20:17:40.5|294246-01-01 00:00");
    co_await expect_out_of_range<sys_days>(c, "select date 'infinity'");
    co_await expect_out_of_range<local>(c, "select timestamp '-infinity'");
    co_await expect_out_of_range<absolute>(c, "select timestamptz 'infinity'");
    co_await expect_out_of_range<absolute>(c, "select timestamptz '294276-12-31 23:00+00'");
    co_await expect_out_of_range<local>(c, "select timestamp '294276-12-31 23:00'");
    auto const zones = co_await end_of(c.fetch_one<absolute>("select timestamp '2000-01-01'"));
    BOOST_TEST((zones.code == errc::type_mismatch));
}

COPG_COROUTINE_TEST(times_of_day_and_intervals_go_there_and_back) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    co_await all_round_trips<microseconds>(
        c, "time", "00:00|12:34:56.789012|23:59:59.999999|24:00");
    co_await all_round_trips<copg::timetz>(
        c, "timetz", "00:00+00|24:00-15:59:59|12:30:00.5+05:45|01:02:03-00:00:01");
    for (auto const* style : {"postgres", "sql_standard", "iso_8601"}) {
        co_await c.execute(std::string{"set intervalstyle = "} + style);
        co_await all_round_trips<copg::interval>(
            c,
            "interval",
            "0|1 year -2 days +03:04:05.000006|-1 mon|-00:00:00.000001|"
            "178000000 years|-178000000 years|2147483647 days|-2147483648 days|"
            "2562047788:00:54.775807");
    }
    auto const parts = co_await c.fetch_one<copg::interval>("select interval '14 mon 3 days 1 h'");
    BOOST_TEST((parts == copg::interval{14, 3, std::chrono::hours{1}}));
    BOOST_TEST((refusal_of(microseconds{86'400'000'001}).code() == errc::value_out_of_range));
}

BOOST_AUTO_TEST_SUITE_END()
