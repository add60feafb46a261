// SPDX-License-Identifier: BSL-1.0
// How long connections live, and by what they are replaced.
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/pools.hpp"

#include <copg/base/sql_error.hpp>

using namespace copg::test;
using copg::close_reason;
using copg::errc;
using copg::session;
using copg::sqlstate;

BOOST_AUTO_TEST_SUITE(test_pool_life)

COPG_COROUTINE_TEST(the_minimum_is_made_in_the_background_and_made_again_when_it_is_lost) {
    auto options = at_most(5);
    options.minimum = 3;
    auto const shared = co_await make_pool(cluster().dsn(), options);
    co_await eventually([&] { return shared.statistics().idle == 3; });
    auto const watcher = co_await copg::connection::connect(cluster().dsn());
    co_await watcher.execute("select pg_terminate_backend(pid) from pg_stat_activity "
                             "where backend_type = 'client backend' and pid <> pg_backend_pid()");
    co_await eventually([&] { return shared.statistics().closed(close_reason::lost) == 3; });
    co_await eventually([&] { return shared.statistics().idle == 3; });
    BOOST_TEST(shared.statistics().connected == 6u);
}

COPG_COROUTINE_TEST(connections_that_nobody_needs_go_down_to_the_minimum) {
    auto options = at_most(4);
    options.minimum = 1;
    options.idle_time = 100ms;
    auto const shared = co_await make_pool(cluster().dsn(), options);
    {
        std::vector<copg::lease> held;
        for (int i = 0; i < 4; ++i) {
            auto one = co_await shared.acquire();
            held.push_back(std::move(one));
        }
    }
    BOOST_TEST(shared.statistics().idle == 4u);
    co_await eventually([&] { return shared.statistics().open == 1; });
    BOOST_TEST(shared.statistics().closed(close_reason::idle) == 3u);
}

COPG_COROUTINE_TEST(with_a_maximum_idle_of_0_no_connection_is_kept) {
    auto options = at_most(2);
    options.maximum_idle = 0;
    auto const shared = co_await make_pool(cluster().dsn(), options);
    for (int i = 0; i < 3; ++i)
        co_await shared.ping();
    auto const now = shared.statistics();
    BOOST_TEST(now.open == 0u);
    BOOST_TEST(now.connected == 3u);
    BOOST_TEST(now.closed(close_reason::maximum_idle) == 3u);
}

COPG_COROUTINE_TEST(a_connection_is_replaced_after_its_lifetime_and_never_under_a_user) {
    auto options = at_most(1);
    options.lifetime = 50ms;
    auto const shared = co_await make_pool(cluster().dsn(), options);
    auto held = co_await shared.acquire();
    auto const pid = held.backend_pid();
    auto const old = std::chrono::steady_clock::now() + 100ms;
    co_await eventually([&] { return std::chrono::steady_clock::now() > old; });
    auto const still = co_await held.fetch_one<int>("select pg_backend_pid()");
    BOOST_TEST(still == pid);
    held.release();
    auto const next = co_await shared.acquire();
    BOOST_TEST(next.backend_pid() != pid);
    BOOST_TEST(shared.statistics().closed(close_reason::lifetime) >= 1u);
}

COPG_COROUTINE_TEST(a_minimum_stays_warm_while_its_connections_grow_old) {
    auto options = at_most(3);
    options.minimum = 2;
    options.lifetime = 60ms;
    auto const shared = co_await make_pool(cluster().dsn(), options);
    co_await eventually([&] { return shared.statistics().idle == 2; });
    co_await eventually([&] { return shared.statistics().connected >= 8; });
    co_await eventually([&] { return shared.statistics().idle >= 2; });
    BOOST_TEST(shared.statistics().closed(close_reason::lifetime) >= 4u);
}

COPG_COROUTINE_TEST(refresh_retires_idle_connections_now_and_others_when_they_come_back) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(2));
    auto held = co_await shared.acquire();
    auto const pid = held.backend_pid();
    co_await shared.ping();
    shared.refresh();
    BOOST_TEST(shared.statistics().idle == 0u);
    co_await held.ping();
    held.release();
    BOOST_TEST(shared.statistics().closed(close_reason::refreshed) == 2u);
    auto const next = co_await shared.acquire();
    BOOST_TEST(next.backend_pid() != pid);
}

COPG_COROUTINE_TEST(refresh_with_other_credentials_makes_new_connections_with_them) {
    scratch_database const database;
    database.execute({"create role other_user login"});
    auto const shared = co_await make_pool(database.dsn(), at_most(1));
    co_await shared.ping();
    auto const dsn = database.dsn() + " user=other_user";
    shared.refresh(copg::connect_options{dsn});
    auto const held = co_await shared.acquire();
    auto const user = co_await held.fetch_one<std::string>("select current_user::text");
    BOOST_TEST(user == "other_user");
}

COPG_COROUTINE_TEST(refresh_forgets_what_the_old_target_had_refused) {
    auto options = at_most(1);
    options.retry.delay = 10s;
    options.retry.maximum_delay = 10s;
    auto const shared = co_await make_pool(cluster().dsn("no_such_database"), options);
    auto const refused = co_await end_of(shared.acquire());
    BOOST_TEST((refused.code == sqlstate::invalid_catalog_name));
    shared.refresh(copg::connect_options{cluster().dsn()});
    co_await shared.ping();
}

COPG_COROUTINE_TEST(a_discarded_lease_closes_its_connection) {
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto held = co_await shared.acquire();
    auto const pid = held.backend_pid();
    held.discard();
    held.discard();
    BOOST_TEST(!held);
    auto const next = co_await shared.acquire();
    BOOST_TEST(next.backend_pid() != pid);
    BOOST_TEST(shared.statistics().closed(close_reason::discarded) == 1u);
}

COPG_COROUTINE_TEST(an_idle_connection_that_the_network_has_swallowed_is_found_out) {
    fault_proxy proxy{cluster().port()};
    auto options = at_most(2);
    options.health_interval = 50ms;
    auto const shared = co_await make_pool(proxy.dsn("postgres"), options);
    co_await shared.ping();
    co_await eventually([&] { return shared.statistics().checks >= 2; });
    BOOST_TEST(shared.statistics().connected == 1u);
    proxy.hold_answers(true);
    co_await eventually([&] { return shared.statistics().closed(close_reason::lost) == 1; });
    proxy.hold_answers(false);
    co_await shared.ping();
}

BOOST_AUTO_TEST_SUITE_END()
