// SPDX-License-Identifier: BSL-1.0
// One pool, coroutines on several threads and loops.
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/pools.hpp"

#include <copg/base/with_deadline.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <future>
#include <thread>

using namespace copg::test;
using copg::errc;
using copg::session;

namespace {

constexpr int rounds = 40;

/// Statements, leases given back at once, waits that are cut short.
asio::awaitable<void> use(copg::pool shared, std::string schema, std::atomic<int>& right) {
    for (int i = 0; i < rounds; ++i) {
        if (i % 4 == 3) {
            auto const end = co_await end_of(
                copg::with_deadline(std::chrono::microseconds{i * 20}, shared.ping()));
            if (!end.code || end.code == errc::deadline_exceeded)
                ++right;
            continue;
        }
        auto const held = co_await shared.acquire(schema);
        auto const owner =
            co_await held.fetch_one<std::string>("select owner from item where id = $1", 1);
        if (owner == schema)
            ++right;
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_threads)

BOOST_AUTO_TEST_CASE(coroutines_on_any_thread_share_a_pool) {
    scratch_database const database;
    make_two_tenants(database);
    asio::thread_pool threads{4};
    asio::io_context elsewhere{1};
    auto const work = asio::make_work_guard(elsewhere);
    std::thread other{[&] { elsewhere.run(); }};
    auto options = at_most(4);
    options.lifetime = 200ms;
    options.idle_time = 100ms;
    options.health_interval = 20ms;
    options.leak_threshold = 10ms;
    copg::pool const shared{threads.get_executor(), copg::connect_options{database.dsn()}, options};
    std::atomic<int> right = 0;
    std::vector<std::future<void>> ends;
    for (int i = 0; i < 16; ++i) { // with_deadline wants one thread at a time
        auto const where = i % 2 == 0
                               ? asio::any_io_executor{asio::make_strand(threads.get_executor())}
                               : asio::any_io_executor{elsewhere.get_executor()};
        ends.push_back(
            asio::co_spawn(where, use(shared, i % 3 == 0 ? "a" : "b", right), asio::use_future));
    }
    for (int i = 0; i < 50; ++i) {
        auto const now = shared.statistics();
        BOOST_TEST(now.open == now.idle + now.in_use + now.connecting + now.closing);
        BOOST_TEST(shared.leases().size() <= 5u);
        if (i % 10 == 5)
            shared.refresh();
        if (i % 10 == 7)
            shared.resize(0, 3 + static_cast<std::size_t>(i) % 3);
        std::this_thread::sleep_for(1ms);
    }
    for (auto& end : ends)
        end.get();
    BOOST_TEST(right == 16 * rounds);
    auto drained = asio::co_spawn(elsewhere, shared.drain(10s), asio::use_future).get();
    BOOST_TEST(drained.cancelled.empty());
    BOOST_TEST(shared.statistics().open == 0u);
    elsewhere.stop();
    other.join();
    threads.join();
}

BOOST_AUTO_TEST_SUITE_END()
