// SPDX-License-Identifier: BSL-1.0
#include <copg/manager/pool_report.hpp>

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using copg::close_reason;
using copg::pool_change;
using copg::pool_report;
using copg::pool_statistics;

BOOST_AUTO_TEST_SUITE(test_pool_report)

BOOST_AUTO_TEST_CASE(a_change_is_the_difference_of_what_counts) {
    pool_statistics before;
    before.acquired = 100;
    before.requests.completed = 10;
    before.waited.total = 1s;
    before.closed_by[static_cast<std::size_t>(close_reason::idle)] = 1;
    auto now = before;
    now.acquired = 103;
    now.requests.completed = 15;
    now.waited_for_nothing.total = 2s;
    now.closed_by[static_cast<std::size_t>(close_reason::idle)] = 2;
    now.closed_by[static_cast<std::size_t>(close_reason::lost)] = 3;
    pool_change const change{now, before};
    BOOST_TEST(change.acquired == 3u);
    BOOST_TEST(change.statements == 5u);
    BOOST_TEST((change.waited == 2s));
    BOOST_TEST(change.closed() == 4u);
}

BOOST_AUTO_TEST_CASE(a_pool_that_took_the_place_of_another_counts_from_its_own_beginning) {
    pool_statistics before;
    before.acquired = 100;
    pool_statistics now;
    now.acquired = 7;
    BOOST_TEST((pool_change{now, before}.acquired == 7u));
}

BOOST_AUTO_TEST_CASE(a_quiet_pool_is_described_in_one_short_line) {
    pool_report report;
    report.name = "main";
    report.now.open = 10;
    report.now.idle = 3;
    report.now.in_use = 7;
    report.change.acquired = 120;
    report.elapsed = 30s;
    BOOST_TEST(describe(report) == "main: open 10, idle 3, in use 7, waiting 0; in 30 s: acquired "
                                   "120, after a wait 0 (0 s), statements 0");
}

BOOST_AUTO_TEST_CASE(what_went_wrong_is_described_when_it_did) {
    pool_report report;
    report.now.connect_failures_in_a_row = 4;
    report.change.timed_out = 2;
    report.change.nested_refused = 6;
    report.change.transactions_left_open = 6;
    report.change.connects_failed = 5;
    report.change.closed_by[static_cast<std::size_t>(close_reason::lost)] = 3;
    auto const text = describe(report);
    for (auto const* part : {"connect failures in a row 4",
                             "timed out 2",
                             "nested refused 6",
                             "transactions left open 6",
                             "connects failed 5",
                             "closed (",
                             ") 3"})
        BOOST_TEST(text.find(part) != text.npos, text);
}

BOOST_AUTO_TEST_SUITE_END()
