// SPDX-License-Identifier: BSL-1.0
#include "driver/connect_target.hpp"

#include <copg/base/error.hpp>

#include <boost/asio/ip/address.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

namespace copg::detail {
namespace {

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    while (true) {
        auto const comma = list.find(',');
        parts.emplace_back(list.substr(0, comma));
        if (comma == list.npos)
            return parts;
        list.remove_prefix(comma + 1);
    }
}

std::string nth(std::vector<std::string> const& parts, std::size_t n) {
    return parts.size() == 1 ? parts.front() : n < parts.size() ? parts[n] : std::string{};
}

void check(std::size_t count, std::size_t expected, char const* what) {
    if (count != 1 && count != expected)
        throw error{
            errc::invalid_dsn,
            fmt::format("invalid connection string: {} {} for {} hosts", count, what, expected)};
}

} // namespace

bool connect_target::needs_lookup() const noexcept {
    if (!address.empty() || host.empty() || host.front() == '/' || host.front() == '@')
        return false;
    boost::system::error_code not_numeric;
    asio::ip::make_address(host, not_numeric);
    return not_numeric.failed();
}

std::string connect_target::description() const {
    auto const& shown = host.empty() ? address : host;
    return fmt::format("\"{}\", port {}", shown.empty() ? "(default socket)" : shown, port);
}

std::vector<connect_target> targets_of(dsn const& target) {
    auto const hosts = split(target.parameter("host"));
    auto const addresses = split(target.parameter("hostaddr"));
    auto const ports = split(target.parameter("port"));
    auto const count = std::max(hosts.size(), addresses.size());
    check(hosts.size(), count, "hosts");
    check(addresses.size(), count, "addresses");
    check(ports.size(), count, "ports");

    std::vector<connect_target> targets;
    targets.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        targets.push_back({nth(hosts, i), nth(addresses, i), nth(ports, i)});
    return targets;
}

std::vector<std::string> passes_of(dsn const& target) {
    auto const wanted = target.parameter("target_session_attrs");
    if (wanted == "prefer-standby")
        return {"standby", "any"};
    return {std::string{wanted}};
}

bool balances_load(dsn const& target) {
    return target.parameter("load_balance_hosts") == "random";
}

void shuffle(std::vector<connect_target>& targets) {
    thread_local std::minstd_rand generator{std::random_device{}()};
    std::shuffle(targets.begin(), targets.end(), generator);
}

keyword_list keywords_for(dsn const& target,
                          connect_target const& address,
                          std::string const& session_attributes) {
    // The time limit is ours, since libpq has none when it is polled; the order too.
    static std::set<std::string, std::less<>> const replaced{"client_encoding",
                                                             "connect_timeout",
                                                             "fallback_application_name",
                                                             "host",
                                                             "hostaddr",
                                                             "load_balance_hosts",
                                                             "port",
                                                             "target_session_attrs"};
    keyword_list keywords;
    for (auto const& [keyword, value] : target.parameters())
        if (!replaced.contains(keyword))
            keywords.emplace_back(keyword, value);
    auto const fallback = target.parameter("fallback_application_name");
    keywords.emplace_back("client_encoding", "UTF8"); // the encoding of std::string here
    keywords.emplace_back("fallback_application_name", fallback.empty() ? "copg" : fallback);
    for (auto const& [keyword, value] : {std::pair{"host", &address.host},
                                         std::pair{"hostaddr", &address.address},
                                         std::pair{"port", &address.port},
                                         std::pair{"target_session_attrs", &session_attributes}})
        if (!value->empty())
            keywords.emplace_back(keyword, *value);
    return keywords;
}

} // namespace copg::detail
