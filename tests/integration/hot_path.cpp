// SPDX-License-Identifier: BSL-1.0
// What the hot paths cost, counted: allocations and round trips.
#include "support/allocation_counter.hpp"
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"

#include <copg/pool/pool.hpp>
#include <copg/scope/database.hpp>

#include <boost/asio/this_coro.hpp>

using namespace copg::test;
using copg::session;

BOOST_AUTO_TEST_SUITE(test_hot_path)

COPG_COROUTINE_TEST(acquire_of_an_idle_connection_allocates_nothing_but_its_frame) {
    auto const executor = co_await asio::this_coro::executor;
    copg::pool const shared{executor, copg::connect_options{cluster().dsn()}};
    session const tenant{"a_tenant_with_a_name_too_long_for_any_small_string"};
    for (int i = 0; i < 3; ++i) // Asio's cache of frames fills
        co_await shared.acquire(tenant);
    auto const before = allocations();
    for (int i = 0; i < 100; ++i) {
        auto held = co_await shared.acquire(tenant);
        held.release();
    }
    BOOST_TEST(allocations() - before == 0u);
}

COPG_COROUTINE_TEST(a_tenant_statement_is_one_round_trip_even_when_the_tenant_changes) {
    scratch_database const database;
    make_two_tenants(database);
    fault_proxy proxy{cluster().port()};
    auto const executor = co_await asio::this_coro::executor;
    copg::pool_options options;
    options.maximum = 1;
    copg::pool const shared{executor, copg::connect_options{proxy.dsn(database.name())}, options};
    co_await shared.acquire();
    auto const before = proxy.round_trips();
    constexpr std::uint64_t statements = 20;
    for (std::uint64_t i = 0; i < statements; ++i) {
        session const tenant{i % 2 == 0 ? "a" : "b"};
        copg::database db{shared, tenant};
        auto const owner =
            co_await db.fetch_one<std::string>("select owner from item where id = $1", 3);
        BOOST_TEST(owner == (i % 2 == 0 ? "a" : "b"));
    }
    BOOST_TEST(proxy.round_trips() - before == statements);
    BOOST_TEST(proxy.connections() == 1u);
    BOOST_TEST(shared.statistics().round_trips == statements);
}

BOOST_AUTO_TEST_SUITE_END()
