// SPDX-License-Identifier: BSL-1.0
// copg-micro: what a single operation costs, beside the same work done with plain libpq.
#include "micro/cases.hpp"
#include "micro/item.hpp"
#include "micro/options.hpp"
#include "micro/placement.hpp"
#include "micro/report.hpp"
#include "progress.hpp"

#include <copg/testing/temporary_cluster.hpp>

#include <fmt/format.h>

// What a profiler is told to look at.
[[gnu::noinline]] void copg_micro_profiled(copg::micro::side const& work, std::size_t units) {
    work(units);
}

namespace {

using namespace copg::micro;

/// The tables, for as long as the object lives.
class tables {
public:
    tables(std::string dsn, std::size_t rows) : dsn_{std::move(dsn)} { make_tables(dsn_, rows); }
    ~tables() {
        try {
            drop_tables(dsn_);
        } catch (std::exception const& e) {
            fmt::print(stderr, "copg-micro: dropping the schema {}: {}\n", schema, e.what());
        }
    }
    tables(tables const&) = delete;
    tables& operator=(tables const&) = delete;

private:
    std::string dsn_;
};

void profile(comparison const& what, std::string const& which) {
    for (auto const* one : {&what.base, &what.copg}) {
        if (what.before)
            what.before();
        (*one)(what.units);
    }
    if (what.before)
        what.before();
    copg_micro_profiled(which == "copg" ? what.copg : what.base, what.units);
}

/// One pass over the cases. @return the server's version
std::string run_cases(std::string const& dsn,
                      std::string const& transport,
                      options const& wanted,
                      copg::bench::progress& bar,
                      std::vector<measured>& rows) {
    tables const made{dsn, wanted.how_much.rows};
    double done = 0;
    for (auto const& name : wanted.cases) {
        bar.show(fmt::format("measuring {} over {}", name, transport),
                 done++ / static_cast<double>(wanted.cases.size()));
        auto const comparisons = make_case(name, dsn, wanted.how_much);
        if (!wanted.profile.empty()) {
            profile(comparisons.front(), wanted.profile);
            continue;
        }
        for (auto const& each : comparisons) {
            rows.push_back(measure(each, wanted.how_much.rounds));
            rows.back().transport = transport;
        }
    }
    return PQparameterStatus(plain_connection{dsn}.get(), "server_version");
}

std::string transport_of(std::string const& dsn) {
    std::string const host = PQhost(plain_connection{dsn}.get());
    return host.starts_with('/') ? "unix" : "tcp";
}

void run(options const& wanted) {
    std::vector<measured> rows;
    std::string version;
    if (!wanted.any_cpu)
        stay_on_one_cpu();
    {
        copg::bench::progress bar;
        if (!wanted.dsn.empty()) {
            version = run_cases(wanted.dsn, transport_of(wanted.dsn), wanted, bar, rows);
        } else {
            bar.show("starting a throwaway PostgreSQL", 0);
            copg::testing::temporary_cluster const server{
                copg::testing::cluster_options{}.setting("shared_buffers", "256MB")};
            for (auto const& transport : wanted.transports)
                version = run_cases(transport == "tcp" ? server.tcp_dsn() : server.dsn(),
                                    transport,
                                    wanted,
                                    bar,
                                    rows);
        }
    }
    if (!wanted.profile.empty())
        return;
    print_table(rows, version);
    if (!wanted.json_file.empty())
        write_json(wanted.json_file, rows, version, wanted.how_much.rounds);
}

} // namespace

int main(int argc, char** argv) {
    try {
        int exit_code = 0;
        auto const wanted = parse_options(argc, argv, exit_code);
        if (!wanted)
            return exit_code;
        run(*wanted);
        return 0;
    } catch (std::exception const& e) {
        fmt::print(stderr, "copg-micro: {}\n", e.what());
        return 1;
    }
}
