// SPDX-License-Identifier: BSL-1.0
// copg-bench: acquire latency under load. Workload: a pool of M connections and T tenant schemas of
// 1,000 rows; N coroutines (or Poisson arrivals) that acquire, run one indexed select, release.
#include "dataset.hpp"
#include "options.hpp"
#include "outage.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "runner.hpp"

#include <copg/testing/temporary_cluster.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fmt/format.h>

#include <optional>

namespace {

using namespace copg::bench;

/// Runs a coroutine to its end on a loop of its own.
template <class T>
T finish(asio::awaitable<T> body) {
    asio::io_context loop{1};
    std::optional<T> value;
    asio::co_spawn(loop, std::move(body), [&](std::exception_ptr failure, T result) {
        if (failure)
            std::rethrow_exception(failure);
        value = std::move(result);
    });
    loop.run();
    return std::move(*value);
}

void finish(asio::awaitable<void> body) {
    asio::io_context loop{1};
    asio::co_spawn(loop, std::move(body), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}

/// The tenants' schemas, for as long as the object lives.
class dataset {
public:
    dataset(std::string dsn, std::size_t tenants, progress& bar)
        : dsn_{std::move(dsn)}, tenants_{tenants} {
        finish(make_tenants(dsn_, tenants_, [&](std::size_t done) {
            bar.show(fmt::format("making {} tenants", tenants_),
                     static_cast<double>(done) / static_cast<double>(tenants_));
        }));
    }
    ~dataset() {
        try {
            finish(drop_tenants(dsn_, tenants_));
        } catch (std::exception const& e) {
            fmt::print(stderr, "copg-bench: dropping the schemas copg_bench_*: {}\n", e.what());
        }
    }
    dataset(dataset const&) = delete;
    dataset& operator=(dataset const&) = delete;

private:
    std::string dsn_;
    std::size_t tenants_;
};

std::string start_server(options const& wanted,
                         std::optional<copg::testing::temporary_cluster>& server,
                         progress& bar) {
    if (!wanted.dsn.empty())
        return wanted.dsn;
    bar.show("starting a throwaway PostgreSQL", 0);
    auto const connections = std::to_string(wanted.rows.front().connections + 20);
    server.emplace(copg::testing::cluster_options{}
                       .setting("max_connections", connections)
                       .setting("shared_buffers", "256MB"));
    return wanted.tcp ? server->tcp_dsn() : server->dsn();
}

std::vector<measurement>
measure_rows(std::string const& dsn, std::vector<workload> const& wanted, progress& bar) {
    std::vector<measurement> rows;
    auto const count = static_cast<double>(wanted.size());
    for (auto const& row : wanted) {
        auto const before = static_cast<double>(rows.size());
        auto const name = "running " + row.name();
        rows.push_back(
            measure(dsn, row, [&](double share) { bar.show(name, (before + share) / count); }));
    }
    return rows;
}

void bench(options const& wanted) {
    std::optional<copg::testing::temporary_cluster> server;
    std::vector<measurement> rows;
    std::optional<outage_measurement> outage;
    std::string version;
    {
        progress bar;
        auto const dsn = start_server(wanted, server, bar);
        version = finish(server_version(dsn));
        dataset const data{dsn, wanted.rows.front().tenants, bar};
        if (wanted.outage > 0)
            outage =
                measure_outage(*server, dsn, wanted.rows.front(), wanted.outage, [&](double share) {
                    bar.show("an outage", share);
                });
        else
            rows = measure_rows(dsn, wanted.rows, bar);
    }
    print_table(rows, version);
    if (outage)
        print_outage(*outage, version);
    if (!wanted.json_file.empty())
        write_json(wanted.json_file, rows, outage, version);
}

} // namespace

int main(int argc, char** argv) {
    try {
        int exit_code = 0;
        auto const wanted = parse_options(argc, argv, exit_code);
        if (!wanted)
            return exit_code;
        bench(*wanted);
        return 0;
    } catch (std::exception const& e) {
        fmt::print(stderr, "copg-bench: {}\n", e.what());
        return 1;
    }
}
