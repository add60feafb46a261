// SPDX-License-Identifier: BSL-1.0
#include "support/fault_proxy.hpp"
#include "support/leftovers.hpp"

#include <copg/scope/transaction.hpp>

#include <set>
#include <string>

using namespace copg::test;
using copg::lease;
using copg::reset_policy;
using copg::session;

namespace {

/// The statements that copg has prepared, with the time at which it did.
asio::awaitable<std::set<std::string>> prepared_on(lease const& held) {
    auto const rows = co_await held.fetch<std::string>(
        "select name || prepare_time::text from pg_prepared_statements "
        "where not from_sql and statement not like '%pg_prepared_statements%'");
    co_return std::set<std::string>{rows.begin(), rows.end()};
}

asio::awaitable<void> use_some(lease const& held) {
    for (int i = 0; i < 3; ++i) {
        auto const owner =
            co_await held.fetch_one<std::string>("select owner from item where id = $1", i + 1);
        BOOST_TEST(owner == "a");
    }
}

/// What the borrowers of one connection find prepared: before and after one that runs `sql`.
asio::awaitable<std::pair<std::set<std::string>, std::set<std::string>>>
before_and_after(std::string dsn, std::string sql, reset_policy policy) {
    auto options = at_most(1);
    options.reset = policy;
    auto const shared = co_await make_pool(dsn, options);
    auto held = co_await shared.acquire("a");
    co_await use_some(held);
    auto const before = co_await prepared_on(held);
    co_await held.execute(sql);
    held.release();
    held = co_await shared.acquire("a");
    co_await use_some(held);
    auto const after = co_await prepared_on(held);
    co_return std::pair{before, after};
}

constexpr auto is_midnight_utc =
    "select timestamptz '2024-01-01 00:00' = '2024-01-01 00:00+00' and $1";

asio::awaitable<void> check_midnight(lease const& held, bool expected) {
    for (int i = 0; i < 3; ++i) {
        auto const is = co_await held.fetch_one<bool>(is_midnight_utc, true);
        BOOST_TEST(is == expected);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_reset_names)

COPG_COROUTINE_TEST(what_copg_has_prepared_survives_a_reset_of_the_session) {
    scratch_database const database;
    make_two_tenants(database);
    for (auto const* sql : {"set work_mem = '2MB'",
                            "select pg_advisory_lock(7)",
                            "listen c",
                            "create temp table t (i int)",
                            "select 1 into temp t",
                            "declare c cursor with hold for select 1"}) {
        auto const [before, after] =
            co_await before_and_after(database.dsn(), sql, reset_policy::standard);
        BOOST_TEST(before.size() == 3u); // the first prelude, the others, the statement
        BOOST_TEST((before == after), sql);
    }
}

COPG_COROUTINE_TEST(nothing_that_is_prepared_survives_what_could_have_touched_it) {
    scratch_database const database;
    make_two_tenants(database);
    for (auto const* sql : {"prepare p as select 1", "do $$ begin end $$", "deallocate all"}) {
        auto const [before, after] =
            co_await before_and_after(database.dsn(), sql, reset_policy::standard);
        BOOST_TEST(after.size() == 2u);
        for (auto const& name : before)
            BOOST_TEST(!after.contains(name), sql);
    }
}

COPG_COROUTINE_TEST(nothing_that_is_prepared_survives_a_borrower_under_the_strict_policy) {
    scratch_database const database;
    make_two_tenants(database);
    auto const [before, after] =
        co_await before_and_after(database.dsn(), "select 1", reset_policy::always);
    BOOST_TEST(after.size() == 2u);
    for (auto const& name : before)
        BOOST_TEST(!after.contains(name));
}

COPG_COROUTINE_TEST(a_statement_of_copgs_name_that_is_another_one_is_not_executed_for_the_next) {
    scratch_database const database;
    make_two_tenants(database);
    auto const shared = co_await make_pool(database.dsn(), at_most(1));
    auto held = co_await shared.acquire("a");
    co_await use_some(held);
    auto const name = co_await held.fetch_one<std::string>(
        "select name from pg_prepared_statements where statement like 'select owner%'");
    co_await held.execute("deallocate " + name);
    co_await held.execute("prepare " + name + "(int) as select 'stolen'::text");
    held.release();
    held = co_await shared.acquire("a");
    co_await use_some(held);
}

COPG_COROUTINE_TEST(a_statement_means_what_the_settings_say_when_it_runs) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    {
        auto const held = co_await shared.acquire();
        co_await held.execute("set timezone = 'Asia/Tokyo'");
        co_await check_midnight(held, false);
        co_await held.execute("set timezone = 'UTC'");
        co_await check_midnight(held, true);
        co_await held.execute("set timezone = 'Asia/Tokyo'");
        co_await check_midnight(held, false);
    }
    auto const held = co_await shared.acquire();
    co_await held.execute("set timezone = 'UTC'");
    co_await check_midnight(held, true);
}

COPG_COROUTINE_TEST(what_was_prepared_under_a_setting_is_not_met_by_the_next_borrower) {
    auto const shared =
        co_await make_pool(cluster().dsn() + " options='-c timezone=UTC'", at_most(1));
    for (auto const* sql : {"set timezone = 'Asia/Tokyo'",
                            "select set_config('timezone', 'Asia/Tokyo', false)",
                            "update pg_settings set setting = 'Asia/Tokyo' "
                            "where name = 'TimeZone'",
                            "do $$ begin set timezone = 'Asia/Tokyo'; end $$"}) {
        {
            auto const held = co_await shared.acquire();
            co_await held.execute(sql);
            co_await check_midnight(held, false);
        }
        auto const next = co_await shared.acquire();
        co_await check_midnight(next, true);
    }
    {
        auto const held = co_await shared.acquire();
        co_await held.execute("begin");
        co_await held.execute("set local timezone = 'Asia/Tokyo'");
        co_await check_midnight(held, false);
        co_await held.execute("commit");
        co_await check_midnight(held, true);
    }
    auto const next = co_await shared.acquire();
    co_await check_midnight(next, true);
}

COPG_COROUTINE_TEST(without_resets_too_a_statement_means_what_the_settings_say) {
    auto options = at_most(1);
    options.reset = reset_policy::none;
    auto const shared = co_await make_pool(cluster().dsn() + " options='-c timezone=UTC'", options);
    {
        auto const held = co_await shared.acquire();
        co_await held.execute("begin");
        co_await held.execute("set timezone = 'Asia/Tokyo'");
        co_await check_midnight(held, false);
    }
    {
        auto const held = co_await shared.acquire();
        co_await check_midnight(held, true);
        co_await held.execute("set timezone = 'Asia/Tokyo'");
        co_await check_midnight(held, false);
    }
    auto const held = co_await shared.acquire();
    co_await check_midnight(held, false);
}

COPG_COROUTINE_TEST(sessions_that_differ_in_a_setting_do_not_share_a_prepared_statement) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto const utc = session{}.with_setting("TimeZone", "UTC");
    auto const tokyo = session{}.with_setting("TimeZone", "Asia/Tokyo");
    for (int i = 0; i < 2; ++i) {
        auto held = co_await shared.acquire(utc);
        co_await check_midnight(held, true);
        held.release();
        held = co_await shared.acquire(tokyo);
        co_await check_midnight(held, false);
    }
}

COPG_COROUTINE_TEST(a_reset_of_the_session_costs_no_round_trip) {
    fault_proxy proxy{cluster().port()};
    auto const shared = co_await make_pool(proxy.dsn("postgres"), at_most(1));
    {
        auto held = co_await shared.acquire();
        co_await held.execute("set work_mem = '2MB'");
    }
    auto const trips = proxy.round_trips();
    auto const syncs = proxy.syncs();
    auto const next = co_await shared.acquire();
    co_await next.ping();
    BOOST_TEST(proxy.round_trips() - trips == 1u);
    BOOST_TEST(proxy.syncs() - syncs == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
