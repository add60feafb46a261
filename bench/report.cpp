// SPDX-License-Identifier: BSL-1.0
#include "report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/version.hpp>

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

namespace copg::bench {
namespace {

namespace json = boost::json;

double microseconds(std::chrono::nanoseconds value) {
    return static_cast<double>(value.count()) / 1e3;
}

double per_operation(double total, measurement const& m) {
    return m.operations == 0 ? 0 : total / static_cast<double>(m.operations);
}

double operations_per_second(measurement const& m) {
    return m.seconds == 0 ? 0 : static_cast<double>(m.operations) / m.seconds;
}

/// Three significant digits and the unit that suits them.
std::string human(std::chrono::nanoseconds value) {
    auto const ns = static_cast<double>(value.count());
    auto const digits = [](double number) {
        return number < 10    ? fmt::format("{:.2f}", number)
               : number < 100 ? fmt::format("{:.1f}", number)
                              : fmt::format("{:.0f}", number);
    };
    if (ns < 1e3)
        return fmt::format("{:.0f} ns", ns);
    if (ns < 1e6)
        return digits(ns / 1e3) + " us";
    if (ns < 1e9)
        return digits(ns / 1e6) + " ms";
    return digits(ns / 1e9) + " s";
}

json::object quantiles(histogram const& h) {
    return {{"p50", microseconds(h.quantile(0.5))},
            {"p90", microseconds(h.quantile(0.9))},
            {"p99", microseconds(h.quantile(0.99))},
            {"p999", microseconds(h.quantile(0.999))},
            {"max", microseconds(h.max())}};
}

json::object as_json(measurement const& m) {
    return {{"name", m.row.name()},
            {"library", "copg"},
            {"mode", to_string(m.row.what)},
            {"loop", m.row.rate > 0 ? "open" : "closed"},
            {"transport", m.transport},
            {"connections", m.row.connections},
            {"coroutines", m.row.coroutines},
            {"rate", m.row.rate},
            {"tenants", m.row.what == mode::tenant ? m.row.tenants : 0},
            {"quantum", m.row.quantum},
            {"reset", m.row.strict_reset ? "always" : "standard"},
            {"seed", m.row.seed},
            {"seconds", m.seconds},
            {"operations", m.operations},
            {"operations_per_second", operations_per_second(m)},
            {"client_cpu_us_per_operation", per_operation(m.client_cpu_seconds * 1e6, m)},
            {"round_trips", m.round_trips},
            {"round_trips_per_operation", per_operation(static_cast<double>(m.round_trips), m)},
            {"acquire_us", quantiles(m.acquire)},
            {"operation_us", quantiles(m.operation)},
            {"connections_opened", m.connections_opened},
            {"errors", m.errors}};
}

json::object as_json(outage_measurement const& m) {
    json::object errors;
    for (auto const& [code, count] : m.errors)
        errors.emplace(code, count);
    return {{"transport", m.transport},
            {"connections", m.row.connections},
            {"coroutines", m.row.coroutines},
            {"down_seconds", m.down},
            {"operations_per_second_before", m.operations_per_second_before},
            {"errors", std::move(errors)},
            {"connects_failed", m.connects_failed},
            {"first_success_ms", m.first_success * 1e3},
            {"recovered_ms", m.recovered ? json::value{*m.recovered * 1e3} : json::value{}}};
}

void print_latencies(char const* what, histogram const& h) {
    fmt::print("{:>17} {:>9} {:>9} {:>9} {:>9} {:>9}\n",
               what,
               human(h.quantile(0.5)),
               human(h.quantile(0.9)),
               human(h.quantile(0.99)),
               human(h.quantile(0.999)),
               human(h.max()));
}

} // namespace

void print_table(std::vector<measurement> const& rows, std::string const& server) {
    if (rows.empty())
        return;
    fmt::print("\nPostgreSQL {} over {}, {} connections; latency of acquire and of the whole "
               "operation\n\n",
               server,
               rows.front().transport,
               rows.front().row.connections);
    fmt::print("{:<14} {:>10} {:>10} {:>7} {:>17} {:>9} {:>9} {:>9} {:>9} {:>9}\n",
               "row",
               "op/s",
               "client CPU",
               "trips",
               "",
               "p50",
               "p90",
               "p99",
               "p99.9",
               "max");
    for (auto const& m : rows) {
        auto const cpu = std::chrono::nanoseconds{
            static_cast<std::int64_t>(per_operation(m.client_cpu_seconds * 1e9, m))};
        fmt::print("{:<14} {:>10.0f} {:>10} {:>7.2f}",
                   m.row.name(),
                   operations_per_second(m),
                   human(cpu),
                   per_operation(static_cast<double>(m.round_trips), m));
        print_latencies("acquire", m.acquire);
        if (m.row.what != mode::acquire) {
            fmt::print("{:<44}", "");
            print_latencies("operation", m.operation);
        }
        if (m.errors > 0)
            fmt::print("  {} errors, the first: {}\n", m.errors, m.first_error);
    }
    fmt::print("\nclient CPU and round trips are per operation; {}\n",
               rows.front().row.rate > 0
                   ? "latency counts from the intended start (open loop)"
                   : "closed loop: each coroutine starts an operation when its last one has ended");
}

void print_outage(outage_measurement const& m, std::string const& server) {
    fmt::print("\nPostgreSQL {} over {}, {} connections, {} coroutines: the server was away for "
               "{:.2f} s\n\n",
               server,
               m.transport,
               m.row.connections,
               m.row.coroutines,
               m.down);
    std::uint64_t errors = 0;
    for (auto const& [code, count] : m.errors)
        errors += count;
    fmt::print("{:>10.0f}  operations a second before\n", m.operations_per_second_before);
    fmt::print("{:>10}  operations failed\n", errors);
    for (auto const& [code, count] : m.errors)
        fmt::print("{:>10}    {}\n", count, code);
    fmt::print("{:>10}  attempts to connect failed while it was away\n", m.connects_failed);
    fmt::print("{:>7.0f} ms  from its accepting connections to the first success\n",
               m.first_success * 1e3);
    if (m.recovered)
        fmt::print("{:>7.0f} ms  to 90 % of the throughput before, over 50 ms\n",
                   *m.recovered * 1e3);
    else
        fmt::print("{:>10}  90 % of the throughput before was not reached\n", "-");
}

void write_json(std::string const& file,
                std::vector<measurement> const& rows,
                std::optional<outage_measurement> const& outage,
                std::string const& server) {
    json::array list;
    for (auto const& m : rows)
        list.push_back(as_json(m));
    json::object whole{{"versions",
                        json::object{{"copg", COPG_VERSION},
                                     {"postgresql", server},
                                     {"boost", BOOST_LIB_VERSION},
                                     {"compiler", __VERSION__}}},
                       {"rows", std::move(list)}};
    if (outage)
        whole.emplace("outage", as_json(*outage));
    std::ofstream out{file};
    out << json::serialize(whole) << '\n';
    if (!out.flush())
        throw std::runtime_error{"cannot write " + file};
}

} // namespace copg::bench
