// SPDX-License-Identifier: BSL-1.0
// The application's own steps, and what becomes of them when they fail.
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/pools.hpp"

#include <copg/driver/connection.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

using namespace copg::test;
using copg::close_reason;
using copg::connection;
using copg::errc;
using copg::session;

namespace {

struct refused : std::runtime_error {
    refused() : std::runtime_error{"not this one"} {}
};

asio::awaitable<void> hang() {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, 1h};
    co_await timer.async_wait(asio::use_awaitable);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_hooks)

COPG_COROUTINE_TEST(hooks_are_called_at_each_step_of_a_connections_life) {
    std::vector<std::string> seen;
    auto options = at_most(1);
    options.hooks.before_connect = [&](copg::connect_options&) -> asio::awaitable<void> {
        seen.emplace_back("before_connect");
        co_return;
    };
    options.hooks.after_connect = [&](connection& on) -> asio::awaitable<void> {
        auto const one = co_await on.fetch_one<int>("select 1");
        BOOST_TEST(one == 1);
        seen.emplace_back("after_connect");
    };
    options.hooks.before_grant = [&](connection& on, session const& to) -> asio::awaitable<void> {
        co_await on.ping();
        seen.push_back("before_grant " + to.describe());
    };
    options.hooks.after_release = [&](connection& on) -> asio::awaitable<void> {
        co_await on.ping();
        seen.emplace_back("after_release");
    };
    options.hooks.before_close = [&](connection& on) -> asio::awaitable<void> {
        co_await on.ping();
        seen.emplace_back("before_close");
    };
    scratch_database const database;
    make_two_tenants(database);
    auto const shared = co_await make_pool(database.dsn(), options);
    {
        auto const held = co_await shared.acquire("a");
        co_await held.ping();
    }
    co_await eventually([&] { return shared.statistics().idle == 1; });
    shared.close();
    co_await eventually([&] { return shared.statistics().open == 0; });
    std::vector<std::string> const wanted{"before_connect",
                                          "after_connect",
                                          "before_grant schema \"a\"",
                                          "after_release",
                                          "before_close"};
    BOOST_TEST(seen == wanted, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(before_connect_changes_the_credentials_of_one_attempt) {
    scratch_database const database;
    database.execute({"create role user_one login", "create role user_two login"});
    auto options = at_most(2);
    int attempts = 0;
    options.hooks.before_connect = [&](copg::connect_options& target) -> asio::awaitable<void> {
        auto const dsn = database.dsn() + (++attempts == 1 ? " user=user_one" : " user=user_two");
        target.target(copg::dsn{dsn});
        co_return;
    };
    auto const shared = co_await make_pool(database.dsn(), options);
    auto const first = co_await shared.acquire();
    auto const second = co_await shared.acquire();
    auto const of_first = co_await first.fetch_one<std::string>("select current_user::text");
    auto const of_second = co_await second.fetch_one<std::string>("select current_user::text");
    BOOST_TEST(of_first == "user_one");
    BOOST_TEST(of_second == "user_two");
}

COPG_COROUTINE_TEST(a_connection_hook_that_throws_or_hangs_costs_its_connection_only) {
    for (auto const hangs : {false, true}) {
        auto options = at_most(2);
        options.hook_timeout = 30ms;
        options.retry.delay = 1ms;
        int calls = 0;
        options.hooks.after_connect = [&](connection&) -> asio::awaitable<void> {
            if (++calls > 1)
                co_return;
            if (!hangs)
                throw refused{};
            co_await hang();
        };
        auto const shared = co_await make_pool(cluster().dsn(), options);
        auto const held = co_await shared.acquire();
        co_await held.ping();
        auto const now = shared.statistics();
        BOOST_TEST(now.connects_failed == 1u);
        BOOST_TEST(now.connected == 1u);
    }
}

COPG_COROUTINE_TEST(an_acquire_goes_on_with_another_connection_when_before_grant_refuses_one) {
    auto options = at_most(1);
    options.retry.delay = 1ms;
    int refuse = 2;
    options.hooks.before_grant = [&](connection&, session const&) -> asio::awaitable<void> {
        if (refuse-- > 0)
            throw refused{};
        co_return;
    };
    auto const shared = co_await make_pool(cluster().dsn(), options);
    {
        auto const held = co_await shared.acquire();
        co_await held.ping();
    }
    BOOST_TEST(shared.statistics().closed(close_reason::discarded) == 2u);
    refuse = 3;
    auto const end = co_await end_of(shared.acquire());
    BOOST_TEST(end.message == "not this one");
    refuse = 0;
    co_await shared.ping(); // usable afterwards
    auto const now = shared.statistics();
    BOOST_TEST(now.open == now.idle);
}

COPG_COROUTINE_TEST(a_grant_that_meets_a_cancellation_is_handed_on_also_with_a_hook) {
    auto const executor = co_await asio::this_coro::executor;
    auto options = at_most(1);
    options.hooks.before_grant = [](connection&, session const&) -> asio::awaitable<void> {
        co_return;
    };
    auto const shared = co_await make_pool(cluster().dsn(), options);
    for (int i = 0; i < 20; ++i) {
        auto held = co_await shared.acquire();
        asio::cancellation_signal signal;
        auto ended = false;
        asio::co_spawn(executor,
                       shared.acquire(),
                       asio::bind_cancellation_slot(
                           signal.slot(), [&](std::exception_ptr, copg::lease) { ended = true; }));
        co_await eventually([&] { return shared.statistics().waiting == 1; });
        held.release(); // grants
        signal.emit(asio::cancellation_type::terminal);
        co_await eventually([&] { return ended; });
        co_await eventually([&] { return shared.statistics().in_use == 0; });
    }
    BOOST_TEST(shared.leases().empty());
}

COPG_COROUTINE_TEST(a_connection_that_before_grant_left_in_a_transaction_is_not_handed_out) {
    auto options = at_most(1);
    options.retry.delay = 1ms;
    int calls = 0;
    options.hooks.before_grant = [&](connection& on, session const&) -> asio::awaitable<void> {
        if (++calls == 1)
            co_await on.execute("begin");
    };
    scratch_database const database;
    database.execute({"create table t (i int)"});
    auto const shared = co_await make_pool(database.dsn(), options);
    {
        auto const held = co_await shared.acquire();
        co_await held.execute("insert into t values (1)");
    }
    BOOST_TEST(database.text("select count(*)::text from t") == "1");
    BOOST_TEST(shared.statistics().closed(close_reason::discarded) == 1u);
}

COPG_COROUTINE_TEST(a_pool_with_a_bad_hook_does_not_hold_up_another_pool_of_the_server) {
    auto options = at_most(1);
    options.retry.delay = 10s;
    options.retry.maximum_delay = 10s;
    auto const healthy = co_await make_pool(cluster().dsn(), options);
    options.hooks.after_connect = [](connection& on) -> asio::awaitable<void> {
        co_await on.execute("begin");
    };
    auto const bad = co_await make_pool(cluster().dsn(), options);
    auto const end = co_await end_of(bad.acquire(session{}, 50ms));
    BOOST_TEST((end.code == errc::connect_failed));
    co_await healthy.ping();
    BOOST_TEST((healthy.statistics().waited.total < 5s));
}

COPG_COROUTINE_TEST(closing_a_pool_ends_attempts_that_are_in_a_hook) {
    auto options = at_most(1);
    options.hook_timeout = 0ms;
    options.hooks.before_connect = [](copg::connect_options&) -> asio::awaitable<void> {
        return hang();
    };
    auto const shared = co_await make_pool(cluster().dsn(), options);
    auto const end = co_await end_of(shared.acquire(session{}, 10ms));
    BOOST_TEST((end.code == errc::acquire_timeout));
    BOOST_TEST(shared.statistics().connecting == 1u);
    auto const report = co_await shared.drain(10s);
    BOOST_TEST(report.cancelled.empty());
    BOOST_TEST(shared.statistics().open == 0u);
}

COPG_COROUTINE_TEST(a_good_connection_that_comes_back_to_a_closed_pool_is_told_before_it_goes) {
    auto options = at_most(1);
    int told = 0;
    options.hooks.before_close = [&](connection& on) -> asio::awaitable<void> {
        co_await on.ping();
        ++told;
    };
    auto const shared = co_await make_pool(cluster().dsn(), options);
    auto held = co_await shared.acquire();
    shared.close();
    held.release();
    co_await eventually([&] { return shared.statistics().open == 0; });
    BOOST_TEST(told == 1);
}

COPG_COROUTINE_TEST(a_release_hook_that_throws_or_hangs_costs_its_connection_only) {
    for (auto const hangs : {false, true}) {
        auto options = at_most(1);
        options.hook_timeout = 30ms;
        int calls = 0;
        options.hooks.after_release = [&](connection&) -> asio::awaitable<void> {
            if (++calls > 1)
                co_return;
            if (!hangs)
                throw refused{};
            co_await hang();
        };
        auto const shared = co_await make_pool(cluster().dsn(), options);
        co_await shared.ping();
        co_await shared.ping();
        co_await eventually([&] { return shared.statistics().idle == 1; });
        auto const now = shared.statistics();
        BOOST_TEST(now.connected == 2u);
        BOOST_TEST(now.closed(close_reason::unusable) == 1u);
    }
}

COPG_COROUTINE_TEST(a_close_hook_that_hangs_keeps_a_connection_for_its_timeout_at_most) {
    auto options = at_most(1);
    options.hook_timeout = 30ms;
    options.maximum_idle = 0;
    options.hooks.before_close = [](connection&) -> asio::awaitable<void> { return hang(); };
    auto const shared = co_await make_pool(cluster().dsn(), options);
    for (int i = 0; i < 2; ++i)
        co_await shared.ping();
    co_await eventually([&] { return shared.statistics().open == 0; });
    BOOST_TEST(shared.statistics().closed(close_reason::maximum_idle) == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
