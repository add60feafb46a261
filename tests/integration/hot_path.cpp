// SPDX-License-Identifier: BSL-1.0
// What the hot paths cost, counted: allocations and round trips.
#include "../../src/base/resumption.hpp"
#include "support/allocation_counter.hpp"
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"

#include <copg/pool/pool.hpp>
#include <copg/scope/transaction.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <malloc.h>

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

COPG_COROUTINE_TEST(a_joined_statement_allocates_no_more_than_one_that_stands_alone) {
    auto const executor = co_await asio::this_coro::executor;
    copg::pool_options options;
    options.maximum = 1;
    copg::database const db{copg::pool{executor, copg::connect_options{cluster().dsn()}, options},
                            session{"public"}};
    auto const selects = [&db]() -> asio::awaitable<std::size_t> {
        for (int i = 0; i < 10; ++i)
            co_await db.execute("select $1::int", i);
        auto const before = allocations();
        for (int i = 0; i < 100; ++i)
            co_await db.execute("select $1::int", i);
        co_return allocations() - before;
    };
    co_await selects();
    auto const alone = co_await selects();
    auto const joined = co_await copg::transaction(db, selects);
    BOOST_TEST_MESSAGE(alone << " alone, " << joined << " joined, of 100 statements");
    BOOST_TEST(joined <= alone);
}

namespace {

/// Suspends a coroutine for as long as the resumption is kept.
asio::awaitable<void> suspend(copg::detail::resumption& kept) {
    auto const keep = [&kept](auto&& handler) {
        kept = copg::detail::resumption{std::forward<decltype(handler)>(handler)};
    };
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(keep, asio::use_awaitable);
}

std::size_t memory_in_use() {
    return ::mallinfo2().uordblks;
}

/// What a coroutine takes that waits for nothing in particular.
asio::awaitable<std::size_t> memory_of_suspended(std::size_t count) {
    auto const executor = co_await asio::this_coro::executor;
    std::vector<copg::detail::resumption> kept(count);
    std::size_t ended = 0;
    auto const before = memory_in_use();
    for (auto& one : kept)
        asio::co_spawn(executor, suspend(one), [&](std::exception_ptr) { ++ended; });
    co_await eventually([&] { return static_cast<bool>(kept.back()); });
    auto const used = memory_in_use() - before;
    for (auto& one : kept)
        one.post();
    co_await eventually([&] { return ended == count; });
    co_return used;
}

} // namespace

COPG_COROUTINE_TEST(a_waiter_takes_a_kibibyte_at_most_also_when_each_is_a_tenant_of_its_own) {
    auto const executor = co_await asio::this_coro::executor;
    copg::pool_options options;
    options.maximum = 1;
    options.acquire_timeout = std::chrono::milliseconds{0};
    copg::pool const shared{executor, copg::connect_options{cluster().dsn()}, options};
    constexpr std::size_t waiters = 100'000;
    std::vector<session> tenants;
    for (std::size_t i = 0; i < waiters; ++i)
        tenants.emplace_back("t" + std::to_string(i));
    auto const plain = co_await memory_of_suspended(waiters);
    auto held = co_await shared.acquire();
    std::size_t ended = 0;
    auto const before = memory_in_use();
    for (std::size_t i = 0; i < waiters; ++i)
        asio::co_spawn(executor, shared.acquire(tenants[i]), [&](std::exception_ptr, copg::lease) {
            ++ended;
        });
    co_await eventually([&] { return shared.statistics().waiting == waiters; });
    auto const used = memory_in_use() - before;
    BOOST_TEST_MESSAGE(used / waiters << " bytes, of which " << plain / waiters
                                      << " are those of any coroutine");
    BOOST_TEST((used - plain) / waiters <= 1'024u);
    held.release();
    co_await eventually([&] { return ended == waiters; });
}

BOOST_AUTO_TEST_SUITE_END()
