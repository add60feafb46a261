// SPDX-License-Identifier: BSL-1.0
// copg-tenants: what many tenants cost a manager. No server is needed: nothing is connected.
#include <copg/manager/manager.hpp>

#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <malloc.h>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

struct counts {
    std::size_t tenants = 1'000'000;
    std::size_t dsns = 1'000;
    std::size_t hot = 1'000;
    std::size_t lookups = 2'000'000;
};

std::string id_of(std::size_t n) {
    return fmt::format("tenant-{}", n);
}

std::vector<copg::target> make_targets(counts const& wanted) {
    std::vector<copg::target> made;
    for (std::size_t i = 0; i < wanted.dsns; ++i)
        made.push_back({.dsn = fmt::format("postgres://app:secret@192.0.2.1:5432/db_{}", i)});
    return made;
}

double nanoseconds_since(clock_type::time_point started) {
    return std::chrono::duration<double, std::nano>(clock_type::now() - started).count();
}

/// The texts are made beforehand: they are not what is measured.
struct load {
    std::vector<std::string> ids;
    std::vector<std::string> schemas;
    std::size_t text = 0;

    explicit load(counts const& wanted) {
        for (std::size_t i = 0; i < wanted.tenants; ++i) {
            ids.push_back(id_of(i));
            schemas.push_back(fmt::format("schema_{}", i));
            text += ids.back().size() + schemas.back().size();
        }
    }
};

void fill(copg::manager& routes, load const& all, std::vector<copg::target>& targets) {
    for (std::size_t i = 0; i < all.ids.size(); ++i) {
        auto& where = targets[i % targets.size()];
        where.schema = all.schemas[i];
        routes.set_tenant(all.ids[i], where);
    }
}

/// Of so many tenants at random, each asked for before.
double lookup_time(copg::manager const& routes, load const& all, counts const& wanted) {
    std::minstd_rand random{1};
    auto const among = std::min(wanted.hot, all.ids.size());
    for (std::size_t i = 0; i < among; ++i)
        routes.tenant(all.ids[i]);
    auto const started = clock_type::now();
    for (std::size_t i = 0; i < wanted.lookups; ++i)
        routes.tenant(all.ids[random() % among]);
    return nanoseconds_since(started) / static_cast<double>(wanted.lookups);
}

/// Of any tenant, most of them not asked for before.
double cold_lookup_time(copg::manager const& routes, load const& all, counts const& wanted) {
    std::minstd_rand random{2};
    auto const count = wanted.lookups / 10;
    auto const started = clock_type::now();
    for (std::size_t i = 0; i < count; ++i)
        routes.tenant(all.ids[random() % all.ids.size()]);
    return nanoseconds_since(started) / static_cast<double>(count);
}

/// What a program would write itself: a map of handles under a shared mutex.
double plain_lookup_time(copg::manager const& routes, load const& all, counts const& wanted) {
    std::unordered_map<std::string, copg::database> handles;
    std::shared_mutex mutex;
    auto const among = std::min(wanted.hot, all.ids.size());
    for (std::size_t i = 0; i < among; ++i)
        handles.emplace(all.ids[i], routes.tenant(all.ids[i]));
    std::minstd_rand random{1};
    auto const started = clock_type::now();
    for (std::size_t i = 0; i < wanted.lookups; ++i) {
        std::shared_lock const lock{mutex};
        auto const copy = handles.find(all.ids[random() % among])->second;
    }
    return nanoseconds_since(started) / static_cast<double>(wanted.lookups);
}

struct under_load {
    double median;
    double p999;
    double longest;
};

/// While another thread loads everything.
under_load
lookups_while_loading(copg::manager& routes, load const& all, std::vector<copg::target>& targets) {
    std::atomic<bool> done = false;
    std::jthread const loader{[&] {
        fill(routes, all, targets);
        done = true;
    }};
    std::vector<double> times;
    while (!done) {
        auto const started = clock_type::now();
        routes.tenant("hot");
        times.push_back(nanoseconds_since(started));
    }
    std::ranges::sort(times);
    return {times[times.size() / 2], times[times.size() * 999 / 1000], times.back()};
}

void measure(counts const& wanted) {
    boost::asio::io_context loop;
    load const all{wanted};
    auto targets = make_targets(wanted);
    auto const before = mallinfo2().uordblks;
    copg::manager routes{loop.get_executor()};
    auto const started = clock_type::now();
    fill(routes, all, targets);
    auto const load_time = nanoseconds_since(started);
    auto const bytes = mallinfo2().uordblks - before - all.text;
    auto const tenants = static_cast<double>(wanted.tenants);
    fmt::print("{} tenants over {} connection strings\n", wanted.tenants, wanted.dsns);
    fmt::print("{:<44}{:>10.2f} million/s\n", "loading", tenants * 1e3 / load_time);
    fmt::print("{:<44}{:>10.1f} bytes\n",
               "memory of each, beyond its text",
               static_cast<double>(bytes) / tenants);
    fmt::print("{:<44}{:>10.1f} ns\n",
               fmt::format("lookup among {} that are in use", wanted.hot),
               lookup_time(routes, all, wanted));
    fmt::print("{:<44}{:>10.1f} ns\n",
               "  beside: a map of handles, shared mutex",
               plain_lookup_time(routes, all, wanted));
    fmt::print("{:<44}{:>10.1f} ns\n", "lookup among all", cold_lookup_time(routes, all, wanted));

    copg::manager fresh{loop.get_executor()};
    fresh.set_tenant("hot", targets.front());
    auto const busy = lookups_while_loading(fresh, all, targets);
    fmt::print("{:<44}{:>10.1f} ns, 99.9 %: {:.0f} ns, longest: {:.0f} µs\n",
               "lookup while another thread loads all",
               busy.median,
               busy.p999,
               busy.longest / 1e3);
}

} // namespace

int main(int argc, char** argv) {
    counts wanted;
    CLI::App app{"What many tenants cost a copg manager."};
    app.add_option("--tenants", wanted.tenants, "how many")->capture_default_str();
    app.add_option("--dsns", wanted.dsns, "connection strings")->capture_default_str();
    app.add_option("--hot", wanted.hot, "tenants that are in use")->capture_default_str();
    app.add_option("--lookups", wanted.lookups, "to measure over")->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    measure(wanted);
}
