// SPDX-License-Identifier: BSL-1.0
// Many coroutines of several tenants on few connections, doing at random whatever raw SQL can do to
// a session. Every row that is read must be the tenant's own, and no leftover may be met.
//
//     tenants [OPERATIONS [SEED]]    for each reset policy; also $COPG_STRESS_OPERATIONS, _SEED
#include "stress/world.hpp"

#include <copg/driver/connection.hpp>
#include <copg/testing/temporary_cluster.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <vector>

namespace copg::stress {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr std::uint64_t worker_count = 16;
constexpr std::size_t connections = 4;
constexpr int failures_reported = 10;

struct run_plan {
    char const* name;
    reset_policy policy;
    std::uint64_t operations;
    std::uint64_t seed;
};

/// One run on a pool of its own.
class stress_run {
public:
    stress_run(run_plan const& plan, std::string const& dsn) : plan_{plan}, dsn_{dsn} {}

    asio::awaitable<void> run();
    bool succeeded() const noexcept { return failures_ == 0; }

private:
    asio::awaitable<void> work(pool shared, testing::leak_probe probe, std::uint64_t number);
    asio::awaitable<void> check_the_end(pool shared, testing::leak_probe probe);
    asio::awaitable<std::uint64_t> logged();
    void fail(std::string const& what);
    void show_progress();
    void show_figures(pool_statistics const& statistics) const;

    run_plan const plan_;
    std::string const dsn_;
    figures counts_;
    std::uint64_t done_ = 0;
    std::uint64_t working_ = 0;
    int failures_ = 0;
    clock::time_point const started_ = clock::now();
};

void stress_run::fail(std::string const& what) {
    if (++failures_ <= failures_reported)
        fmt::print("FAILED, {}, seed {}: {}\n", plan_.name, plan_.seed, what);
}

void stress_run::show_progress() {
    constexpr std::uint64_t reports = 10;
    auto const step = std::max<std::uint64_t>(1, plan_.operations / reports);
    if (++done_ % step != 0)
        return;
    std::chrono::duration<double> const elapsed = clock::now() - started_;
    fmt::print("{}: {} of {} operations, {:.0f} s\n",
               plan_.name,
               done_,
               plan_.operations,
               elapsed.count());
    std::fflush(stdout);
}

asio::awaitable<void>
stress_run::work(pool shared, testing::leak_probe probe, std::uint64_t number) {
    worker self{shared, probe, counts_, plan_.seed * worker_count + number};
    auto const share = plan_.operations / worker_count + (number < plan_.operations % worker_count);
    for (std::uint64_t i = 0; i < share && failures_ < failures_reported; ++i) {
        try {
            co_await self.do_something();
        } catch (std::exception const& e) {
            fail(fmt::format("worker {}, step {}, {}: {}", number, i, self.doing(), e.what()));
        }
        show_progress();
    }
    --working_;
}

/// Every connection is clean, none is lost, and what was committed is there, nothing else.
asio::awaitable<void> stress_run::check_the_end(pool shared, testing::leak_probe probe) {
    std::vector<lease> all;
    for (std::size_t i = 0; i < connections; ++i) {
        auto held = co_await shared.acquire();
        all.push_back(std::move(held));
    }
    for (auto const& held : all) {
        auto const found = co_await probe.differences(held);
        for (auto const& sentence : found)
            fail("at the end: " + sentence);
    }
    all.clear();
    auto const s = shared.statistics();
    if (s.open != s.idle || s.open > connections || s.waiting != 0)
        fail(fmt::format("at the end {} connections are open and {} of them idle", s.open, s.idle));
    auto const log = co_await logged();
    if (log != counts_.committed)
        fail(fmt::format("{} transactions were committed, {} are there", counts_.committed, log));
}

asio::awaitable<std::uint64_t> stress_run::logged() {
    auto const admin = co_await connection::connect(dsn_);
    std::uint64_t sum = 0;
    for (int i = 0; i < tenant_count; ++i) {
        auto const name = tenant_name(i);
        auto const sql = fmt::format("select count(*) from {0}.log where what = '{0}'", name);
        auto const own = co_await admin.fetch_one<std::int64_t>(sql);
        auto const all = co_await admin.fetch_one<std::int64_t>(
            fmt::format("select count(*) from {}.log", name));
        if (own != all)
            fail(fmt::format("{} has {} rows that are not its own", name, all - own));
        sum += static_cast<std::uint64_t>(own);
        co_await admin.execute(fmt::format("truncate {}.log", name));
    }
    co_return sum;
}

void stress_run::show_figures(pool_statistics const& statistics) const {
    std::chrono::duration<double> const elapsed = clock::now() - started_;
    auto const rate = static_cast<double>(done_) / elapsed.count();
    fmt::print("{}, seed {}: {} operations in {:.1f} s ({:.0f} a second), {} rows checked, {} "
               "leases probed, {} transactions committed, {} connections made, {} failures\n",
               plan_.name,
               plan_.seed,
               done_,
               elapsed.count(),
               rate,
               counts_.rows,
               counts_.probes,
               counts_.committed,
               statistics.connected,
               failures_);
    for (auto const& [name, count] : counts_.operations)
        fmt::print("    {:<28} {:>9}\n", name, count);
    std::fflush(stdout);
}

asio::awaitable<void> stress_run::run() {
    auto const executor = co_await asio::this_coro::executor;
    pool_options options;
    options.maximum = connections;
    options.reset = plan_.policy;
    pool const shared{executor, connect_options{dsn_}, options};
    testing::leak_probe_options looks;
    looks.setting("app.leak").setting("app.current_tenant");
    auto const probe = co_await testing::leak_probe::make(dsn_, looks);

    working_ = worker_count;
    for (std::uint64_t number = 0; number < worker_count; ++number)
        asio::co_spawn(executor, work(shared, probe, number), asio::detached);
    asio::steady_timer pause{executor};
    while (working_ > 0) {
        pause.expires_after(10ms);
        co_await pause.async_wait(asio::use_awaitable);
    }
    co_await check_the_end(shared, probe);
    show_figures(shared.statistics());
}

bool run(run_plan const& plan, std::string const& dsn) {
    asio::io_context loop;
    stress_run running{plan, dsn};
    auto ended = false;
    asio::co_spawn(loop, running.run(), [&ended](std::exception_ptr const& failure) {
        ended = true;
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
    return ended && running.succeeded();
}

/// @param position  of the argument
std::uint64_t number_from(int argc, char** argv, int position, char const* variable) {
    char const* text = argc > position ? argv[position] : std::getenv(variable);
    return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

} // namespace
} // namespace copg::stress

int main(int argc, char** argv) {
    using namespace copg::stress;
    auto operations = number_from(argc, argv, 1, "COPG_STRESS_OPERATIONS");
    auto seed = number_from(argc, argv, 2, "COPG_STRESS_SEED");
    if (operations == 0)
        operations = 20'000; // of an ordinary test run, over all policies
    if (seed == 0)
        seed = std::random_device{}();

    copg::testing::cluster_options options;
    options.setting("timezone", "UTC");
    copg::testing::temporary_cluster const cluster{options};
    asio::io_context loop;
    asio::co_spawn(loop, make_tenants(cluster.dsn()), [](std::exception_ptr const& failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();

    run_plan const plans[] = {
        {"standard", copg::reset_policy::standard, operations / 2, seed},
        {"always", copg::reset_policy::always, operations - operations / 2, seed},
    };
    std::size_t passed = 0;
    for (auto const& plan : plans)
        passed += run(plan, cluster.dsn()) ? 1U : 0U;
    fmt::print("{} test cases out of {} passed\n", passed, std::size(plans));
    return passed == std::size(plans) ? 0 : 1;
}
