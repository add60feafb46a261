// SPDX-License-Identifier: BSL-1.0
#include "driver/dsn_defaults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

namespace copg::detail {
namespace {

using options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

std::string environment(char const* name) {
    auto const* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

std::size_t length_of(parameter_map const& parameters, char const* list) {
    auto const found = parameters.find(list);
    return found == parameters.end()
               ? 0
               : 1 + static_cast<std::size_t>(std::ranges::count(found->second, ','));
}

std::string plain_number(std::string text) {
    if (text.empty())
        return "5432";
    auto const digits = text.find_first_not_of("0123456789") == text.npos;
    return digits ? text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1)) : text;
}

/// In a list of ports an empty one is 5432, and one port for all hosts stands once.
void name_every_port(parameter_map& parameters) {
    auto& ports = parameters["port"];
    std::vector<std::string> each{""};
    for (char const c : ports) {
        if (c == ',')
            each.emplace_back();
        else
            each.back() += c;
    }
    for (auto& port : each)
        port = plain_number(std::move(port));
    auto const hosts = std::max(length_of(parameters, "host"), length_of(parameters, "hostaddr"));
    auto const same = std::ranges::count(each, each.front()) == std::ranges::ssize(each);
    if (each.size() == hosts && same)
        each.resize(1);
    ports = fmt::format("{}", fmt::join(each, ","));
}

parameter_map with_each_default(parameter_map const& given) {
    auto all = values_of(options{PQconndefaults(), &PQconninfoFree}.get());
    if (environment("PGGSSENCMODE").empty())
        all["gssencmode"] = "disable"; // by default each connect would probe caches
    for (auto const& [keyword, value] : given)
        all[keyword] = value;
    // libpq takes a port that is not written as 5432, a database that is not as the user.
    all.try_emplace("port", "5432");
    if (auto const user = all.find("user"); user != all.end())
        all.try_emplace("dbname", user->second);
    // From version 16 on the system's certificates mean verify-full, which a weaker mode that
    // nobody wrote would contradict.
    if (auto const roots = all.find("sslrootcert");
        roots != all.end() && roots->second == "system" && !given.contains("sslmode") &&
        environment("PGSSLMODE").empty())
        all.erase("sslmode");
    name_every_port(all);
    return all;
}

} // namespace

parameter_map values_of(PQconninfoOption const* option) {
    parameter_map values;
    for (; option != nullptr && option->keyword != nullptr; ++option)
        if (option->val != nullptr && *option->val != '\0')
            values[option->keyword] = option->val;
    return values;
}

parameter_map with_defaults(parameter_map const& given) {
    auto const service = environment("PGSERVICE");
    if (service.empty() && !given.contains("service"))
        return with_each_default(given);
    // libpq reads the service file when it connects; a default here would hide what it says.
    auto named = given;
    if (!service.empty())
        named.try_emplace("service", service);
    return named;
}

} // namespace copg::detail
