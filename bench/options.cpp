// SPDX-License-Identifier: BSL-1.0
#include "options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

namespace copg::bench {
namespace {

std::map<std::string, mode> const modes{
    {"acquire", mode::acquire}, {"plain", mode::plain}, {"tenant", mode::tenant}};

/// What the command line says; what it does not say takes all values of the default run.
struct given {
    std::vector<std::string> modes;
    std::vector<std::size_t> coroutines;
    workload base;
};

std::vector<workload> rows_of(given const& said) {
    std::vector<workload> rows;
    auto const add = [&](mode what, std::size_t coroutines) {
        auto row = said.base;
        row.what = what;
        row.coroutines = coroutines;
        rows.push_back(row);
    };
    std::vector<mode> whats;
    for (auto const& name : said.modes)
        whats.push_back(modes.at(name));
    if (whats.empty())
        whats = {mode::acquire, mode::plain, mode::tenant};
    for (auto const what : whats) {
        if (said.base.rate > 0) {
            add(what, 0);
        } else if (!said.coroutines.empty()) {
            for (auto const count : said.coroutines)
                add(what, count);
        } else if (what == mode::acquire && said.modes.empty()) {
            add(what, 1);
        } else {
            for (auto const count : {1, 10, 1'000, 10'000})
                add(what, static_cast<std::size_t>(count));
        }
    }
    return rows;
}

} // namespace

std::string to_string(mode value) {
    for (auto const& [name, what] : modes)
        if (what == value)
            return name;
    return "?";
}

std::string workload::name() const {
    return rate > 0 ? fmt::format("{}-{:.0f}/s", to_string(what), rate)
                    : fmt::format("{}-{}", to_string(what), coroutines);
}

std::optional<options> parse_options(int argc, char** argv, int& exit_code) {
    options parsed;
    given said;
    CLI::App app{
        "Acquire latency under load. Without options: uncontended, and 10, 1,000 and 10,000 "
        "coroutines on 10 connections, plain and tenant, against a throwaway PostgreSQL.",
        "copg-bench"};
    app.add_option(
           "--dsn", parsed.dsn, "server to use; schemas copg_bench_* are made and dropped there")
        ->type_name("DSN");
    app.add_flag(
        "--tcp", parsed.tcp, "reach the throwaway server over TCP, not over its UNIX socket");
    app.add_option("--mode",
                   said.modes,
                   "plain (acquire, one indexed select, release), tenant (the same for a random "
                   "tenant each time) or acquire (acquire, release)")
        ->check(CLI::IsMember({"plain", "tenant", "acquire"}).description(""))
        ->type_name("plain|tenant|acquire");
    app.add_option("--connections", said.base.connections, "connections of the pool")
        ->check(CLI::Range(1, 1'000))
        ->capture_default_str();
    app.add_option("--coroutines",
                   said.coroutines,
                   "closed loop: that many coroutines, each one operation after the other")
        ->check(CLI::Range(1, 1'000'000));
    app.add_option("--rate",
                   said.base.rate,
                   "open loop: Poisson arrivals a second; latency counts from the intended start")
        ->check(CLI::PositiveNumber);
    app.add_option(
           "--seconds", said.base.seconds, "time for each row, a tenth of it for warming up")
        ->check(CLI::Range(0.01, 86'400.0))
        ->capture_default_str();
    app.add_option("--tenants", said.base.tenants, "tenant schemas")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    app.add_option("--seed", said.base.seed, "of all that is random")->capture_default_str();
    app.add_flag("--reset-always", said.base.strict_reset, "reset the connection after each lease");
    app.add_option("--quantum",
                   said.base.quantum,
                   "how many times in a row a connection serves a tenant while others wait")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    app.add_option("--outage",
                   parsed.outage,
                   "stop the throwaway server for so many seconds under load (100 coroutines, "
                   "plain), and measure how the pool recovers")
        ->check(CLI::Range(0.1, 3'600.0));
    app.add_option("--json", parsed.json_file, "write the rows there too")->type_name("FILE");
    try {
        app.parse(argc, argv);
        if (parsed.outage > 0 && (said.base.rate > 0 || !parsed.dsn.empty() || !said.modes.empty()))
            throw CLI::ValidationError{
                "--outage", "--outage needs a server of its own: no --dsn, --rate or --mode"};
        if (said.base.rate > 0 && !said.coroutines.empty())
            throw CLI::ValidationError{
                "--rate", "--rate (open loop) and --coroutines (closed loop) exclude each other"};
    } catch (CLI::ParseError const& e) {
        exit_code = app.exit(e);
        if (exit_code != 0)
            fmt::print(stderr, "\n{}", app.help());
        return std::nullopt;
    }
    if (parsed.outage > 0) {
        constexpr std::size_t usual = 100;
        said.base.coroutines = said.coroutines.empty() ? usual : said.coroutines.front();
        parsed.rows = {said.base};
    } else {
        parsed.rows = rows_of(said);
    }
    return parsed;
}

} // namespace copg::bench
