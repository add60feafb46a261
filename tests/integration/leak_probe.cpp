// SPDX-License-Identifier: BSL-1.0
#include "support/fault_proxy.hpp"
#include "support/leftovers.hpp"

#include <copg/scope/transaction.hpp>

using namespace copg::test;
using copg::errc;
using copg::testing::leak_probe;
using copg::testing::leak_probe_options;

BOOST_AUTO_TEST_SUITE(test_leak_probe)

COPG_COROUTINE_TEST(a_clean_lease_has_no_differences) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto const probe = co_await make_probe(cluster().dsn());
    for (int i = 0; i < 3; ++i) {
        auto const held = co_await shared.acquire();
        co_await held.fetch_one<int>("select 1 + $1", 1);
        auto const found = co_await leaks_on(probe, held);
        BOOST_TEST(found == "");
    }
}

COPG_COROUTINE_TEST(each_kind_of_leftover_is_told) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto const probe = co_await make_probe(cluster().dsn());
    for (auto const& kind : leftover_kinds()) {
        auto const held = co_await shared.acquire();
        co_await held.execute(kind.sql);
        auto const found = co_await leaks_on(probe, held);
        BOOST_TEST((found.find(kind.shows) != found.npos), kind.sql << ": " << found);
    }
}

COPG_COROUTINE_TEST(an_open_transaction_is_told_and_goes_on) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto const probe = co_await make_probe(cluster().dsn());
    auto const held = co_await shared.acquire();
    co_await held.execute("begin");
    auto found = co_await leaks_on(probe, held);
    BOOST_TEST(found == "a transaction is open");
    co_await held.execute("savepoint still_in_it");
    co_await end_of(held.execute("select 1 / 0"));
    found = co_await leaks_on(probe, held);
    BOOST_TEST(found == "a transaction has failed and is still open");
    co_await held.execute("rollback");
    found = co_await leaks_on(probe, held);
    BOOST_TEST(found == "");
}

COPG_COROUTINE_TEST(what_was_drawn_from_a_sequence_is_told_unless_that_is_turned_off) {
    scratch_database const database;
    database.execute({"create sequence s"});
    auto const shared = co_await make_pool(database.dsn(), at_most(1));
    auto const probe = co_await make_probe(database.dsn());
    leak_probe_options options;
    options.sequences(false);
    auto const without = co_await leak_probe::make(database.dsn(), options);
    auto const held = co_await shared.acquire();
    co_await held.execute("select nextval('s')");
    auto found = co_await leaks_on(probe, held);
    BOOST_TEST(found == "lastval() is 1");
    found = co_await leaks_on(without, held);
    BOOST_TEST(found == "");
}

COPG_COROUTINE_TEST(a_time_limit_of_the_pool_is_no_difference) {
    copg::connect_options target{cluster().dsn()};
    target.query_timeout(30s);
    auto const executor = co_await asio::this_coro::executor;
    copg::pool const shared{executor, target, at_most(1)};
    auto const probe = co_await make_probe(cluster().dsn());
    auto const found = co_await leaks_on_next(probe, shared);
    BOOST_TEST(found == "");
}

COPG_COROUTINE_TEST(looking_is_no_reason_for_a_reset) {
    fault_proxy proxy{cluster().port()};
    auto const shared = co_await make_pool(proxy.dsn("postgres"), at_most(1));
    auto const probe = co_await make_probe(cluster().dsn());
    auto const found = co_await leaks_on_next(probe, shared);
    auto const before = proxy.syncs();
    auto const next = co_await shared.acquire();
    co_await next.ping();
    BOOST_TEST(proxy.syncs() - before == 1u);
}

COPG_COROUTINE_TEST(a_lease_that_is_bound_to_a_session_is_refused) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto const probe = co_await make_probe(cluster().dsn());
    auto const held = co_await shared.acquire("public");
    auto const end = co_await end_of(probe.differences(held));
    BOOST_TEST((end.code == errc::invalid_session));
}

BOOST_AUTO_TEST_SUITE_END()
