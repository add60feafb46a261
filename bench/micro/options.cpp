// SPDX-License-Identifier: BSL-1.0
#include "micro/options.hpp"

#include "micro/cases.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace copg::micro {

std::optional<options> parse_options(int argc, char** argv, int& exit_code) {
    options parsed;
    CLI::App app{"What copg costs over plain libpq that does the same work, in the same run: "
                 "client CPU, time and allocations. Without options: all cases against a throwaway "
                 "PostgreSQL, over its UNIX socket and over TCP.",
                 "copg-micro"};
    app.add_option(
           "--dsn", parsed.dsn, "server to use; the schema copg_micro is made and dropped there")
        ->type_name("DSN");
    app.add_option("--transport",
                   parsed.transports,
                   "how to reach the throwaway server; may be given twice")
        ->check(CLI::IsMember({"unix", "tcp"}).description(""))
        ->type_name("unix|tcp");
    app.add_option("--case", parsed.cases, "what to measure; may be given several times")
        ->check(CLI::IsMember(case_names()).description(""))
        ->type_name(fmt::format("{}", fmt::join(case_names(), "|")));
    app.add_option("--rounds",
                   parsed.how_much.rounds,
                   "rounds, both sides in each, after one that warms up")
        ->check(CLI::Range(1, 1'000))
        ->capture_default_str();
    app.add_option("--statements", parsed.how_much.statements, "statements of a side in a round")
        ->check(CLI::Range(1, 10'000'000))
        ->capture_default_str();
    app.add_option("--rows", parsed.how_much.rows, "rows of a result and of a COPY")
        ->check(CLI::Range(1, 10'000'000))
        ->capture_default_str();
    app.add_flag("--any-cpu",
                 parsed.any_cpu,
                 "let the scheduler place client and server; otherwise both stay on one CPU, which "
                 "makes CPU times repeatable, and times those of both in turn");
    app.add_option("--json", parsed.json_file, "write the rows there too")->type_name("FILE");
    app.add_option("--profile",
                   parsed.profile,
                   "measure nothing: after warming up, run one side of each case's first row once "
                   "inside the function copg_micro_profiled, for a profiler to look at")
        ->check(CLI::IsMember({"base", "copg"}).description(""))
        ->type_name("base|copg");
    try {
        app.parse(argc, argv);
        if (!parsed.dsn.empty() && !parsed.transports.empty())
            throw CLI::ValidationError{
                "--transport", "--transport is for the throwaway server: the --dsn says its own"};
    } catch (CLI::ParseError const& e) {
        exit_code = app.exit(e);
        if (exit_code != 0)
            fmt::print(stderr, "\n{}", app.help());
        return std::nullopt;
    }
    if (parsed.transports.empty())
        parsed.transports = {"unix", "tcp"};
    if (parsed.cases.empty())
        parsed.cases = case_names();
    return parsed;
}

} // namespace copg::micro
