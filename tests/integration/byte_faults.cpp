// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/driver/connection.hpp>

using namespace copg::test;
using copg::connection;
using copg::errc;
using copg::sqlstate;

BOOST_AUTO_TEST_SUITE(test_cut_and_split_streams)

COPG_COROUTINE_TEST(answers_that_come_byte_by_byte_are_the_same_answers) {
    fault_proxy proxy{cluster().port()};
    faults split;
    split.single_bytes = true;
    proxy.set(split);
    auto c = co_await connection::connect(proxy.dsn("postgres").c_str());
    auto const sum = co_await c.fetch<int>("select generate_series(1, 50)");
    BOOST_TEST(sum.size() == 50u);
    auto const failed = co_await end_of(c.execute("select 1 / 0"));
    BOOST_TEST((failed.code == sqlstate::division_by_zero));
    co_await c.ping();
}

COPG_COROUTINE_TEST(a_link_cut_after_any_number_of_bytes_ends_in_a_result_or_a_definite_error) {
    scratch_database const database;
    database.execute({"create table t (i int)"});
    fault_proxy proxy{cluster().port()};
    constexpr int most = 400;
    int results = 0;
    int doubts = 0;
    for (int bytes = 1; bytes < most && results == 0; ++bytes) {
        auto c = co_await connection::connect(proxy.dsn(database.name()).c_str());
        proxy.cut_existing_after_answered(static_cast<std::size_t>(bytes));
        auto const end = co_await end_of(c.fetch_one<int>("insert into t values (7) returning i"));
        if (!end.code) {
            ++results;
            continue;
        }
        BOOST_TEST((end.code == errc::statement_in_doubt), end.message << " at byte " << bytes);
        ++doubts;
        BOOST_TEST(!c.is_open());
        proxy.cut_existing_after_answered(1'000'000);
    }
    BOOST_TEST(results == 1);
    BOOST_TEST(doubts > 50);
}

COPG_COROUTINE_TEST(a_link_cut_inside_a_transaction_is_lost_and_not_in_doubt) {
    fault_proxy proxy{cluster().port()};
    auto c = co_await connection::connect(proxy.dsn("postgres").c_str());
    co_await c.execute("begin");
    proxy.cut_existing_after_answered(3);
    auto const end = co_await end_of(c.execute("select 1"));
    BOOST_TEST((end.code == errc::connection_lost));
}

COPG_COROUTINE_TEST(a_link_cut_during_a_raw_commit_is_in_doubt_and_during_a_rollback_is_not) {
    fault_proxy proxy{cluster().port()};
    for (auto const& [sql, code] :
         {std::pair{"commit", errc::transaction_in_doubt}, {"rollback", errc::connection_lost}}) {
        auto c = co_await connection::connect(proxy.dsn("postgres").c_str());
        co_await c.execute("begin");
        proxy.cut_existing_after_answered(1);
        auto const end = co_await end_of(c.execute(sql));
        BOOST_TEST((end.code == code), sql);
        proxy.cut_existing_after_answered(1'000'000);
    }
}

BOOST_AUTO_TEST_SUITE_END()
