// SPDX-License-Identifier: BSL-1.0
// A pool whose connections are replaced on demand.
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/pools.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/manager/reconnect.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

using namespace copg::test;
using copg::close_reason;
using copg::errc;

namespace {

asio::awaitable<void> note_end(copg::pool shared, std::vector<ending>& ends) {
    auto const end = co_await end_of(copg::reconnect(shared));
    ends.push_back(end);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_reconnect)

COPG_COROUTINE_TEST(a_reconnect_replaces_idle_connections_and_leaves_leases_usable) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(2));
    auto held = co_await shared.acquire();
    co_await shared.ping();
    co_await copg::reconnect(shared);
    BOOST_TEST(shared.statistics().closed(close_reason::refreshed) == 1u);
    co_await held.ping();
    held.release();
    BOOST_TEST(shared.statistics().closed(close_reason::refreshed) == 2u);
    co_await shared.ping();
    BOOST_TEST(shared.statistics().connected == 3u);
}

COPG_COROUTINE_TEST(reconnects_that_come_together_make_one_connection_and_one_refresh) {
    auto const executor = co_await asio::this_coro::executor;
    fault_proxy proxy{cluster().port()};
    auto const shared = co_await make_pool(proxy.dsn("postgres"), at_most(1));
    co_await shared.ping();
    proxy.hold_answers(true);
    std::vector<ending> ends;
    for (int i = 0; i < 10; ++i)
        asio::co_spawn(executor, note_end(shared, ends), asio::detached);
    co_await eventually([&] { return proxy.connections() == 2; });
    BOOST_TEST(shared.statistics().idle == 1u); // until the new one stands
    proxy.hold_answers(false);
    co_await eventually([&] { return ends.size() == 10; });
    for (auto const& end : ends)
        BOOST_TEST(!end.code, end.message);
    BOOST_TEST(proxy.connections() == 2u);
    BOOST_TEST(shared.statistics().closed(close_reason::refreshed) == 1u);
}

COPG_COROUTINE_TEST(a_reconnect_that_fails_leaves_the_pool_as_it_was) {
    fault_proxy proxy{cluster().port()};
    auto const shared = co_await make_pool(proxy.dsn("postgres"), at_most(1));
    co_await shared.ping();
    faults hole;
    hole.black_hole = true;
    proxy.set(hole);
    auto const end = co_await end_of(copg::reconnect(shared, 30ms));
    BOOST_TEST((end.code == errc::connect_timeout));
    BOOST_TEST(end.message == "connect failed: no answer within 30 ms");
    BOOST_TEST(shared.statistics().idle == 1u);
    co_await shared.ping();
    BOOST_TEST(shared.statistics().connected == 1u);

    auto const wrong = co_await make_pool(cluster().dsn("no_such_database"), at_most(1));
    auto const refused = co_await end_of(copg::reconnect(wrong));
    BOOST_TEST((refused.code == copg::sqlstate::invalid_catalog_name));
}

COPG_COROUTINE_TEST(a_closed_pool_does_not_reconnect) {
    auto const executor = co_await asio::this_coro::executor;
    auto const closed = co_await make_pool(cluster().dsn(), at_most(1));
    closed.close();
    auto const end = co_await end_of(copg::reconnect(closed));
    BOOST_TEST((end.code == errc::pool_closed));

    fault_proxy proxy{cluster().port()};
    faults hole;
    hole.black_hole = true;
    proxy.set(hole);
    auto const closing = co_await make_pool(proxy.dsn("postgres"), at_most(1));
    std::vector<ending> ends;
    asio::co_spawn(executor, note_end(closing, ends), asio::detached);
    co_await eventually([&] { return proxy.connections() == 1; });
    closing.close();
    co_await eventually([&] { return ends.size() == 1; });
    BOOST_TEST((ends[0].code == errc::pool_closed));
}

BOOST_AUTO_TEST_SUITE_END()
