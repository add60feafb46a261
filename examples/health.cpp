// SPDX-License-Identifier: BSL-1.0
// Watching pools: health checks, a reconnect on demand, reports at an interval.
// Needs: a server whose connection string is the first argument.
#include <copg/copg.hpp>

#include <boost/asio.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace std::chrono_literals;

asio::awaitable<void> run(std::string dsn) {
    auto const executor = co_await asio::this_coro::executor;

    // [manager]
    copg::manager_options options;
    options.health.interval = 15s; // of each pool, from its first use on
    copg::manager manager{executor, options};
    manager.set_named("main", {.dsn = dsn});
    co_await manager.connect_all();
    co_await manager.health_check(); // now, of all pools, side by side
    auto const known = manager.get("main").health();
    std::cout << "main is " << to_string(known->state) << '\n';
    // [manager]

    // [pool]
    auto const pool = co_await manager.dsn_pool(dsn);
    copg::pool_health const health{pool}; // checks every 30 s, until the last handle goes
    auto const now = co_await health.check();
    std::cout << now.checks << " check, " << now.consecutive_failures << " failures\n";
    co_await copg::reconnect(pool);
    // [pool]

    // [monitor]
    auto const sink = [](std::vector<copg::pool_report> const& reports) {
        for (auto const& report : reports)
            std::cout << report.now.open << " open, " << report.change.acquired << " acquired\n";
    };
    copg::monitor const monitor{executor, manager.statistics_source(), 10ms, sink};
    monitor.start();
    // [monitor]
    while (monitor.reports() == 0)
        co_await asio::post(asio::use_awaitable);
    monitor.stop();
}

int main(int argc, char** argv) {
    asio::io_context loop;
    asio::co_spawn(loop, run(argc > 1 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
