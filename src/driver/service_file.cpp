// SPDX-License-Identifier: BSL-1.0
#include "driver/service_file.hpp"

#include "driver/off_loop.hpp"
#include "driver/pg_handles.hpp"
#include "driver/server_messages.hpp"

#include <copg/base/error.hpp>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace copg::detail {

/// Makes a dsn of values that need no parsing.
struct expanded_dsn {
    static dsn make(std::map<std::string, std::string> parameters) {
        return dsn{std::move(parameters)};
    }
};

namespace {

using parameter_map = std::map<std::string, std::string>;

constexpr char nonsense[] = "expand-only";

/// What libpq makes of the parameters before any network traffic. It has no function for that: one
/// keyword gets a value that it refuses after it has read the service file, and the unconnected
/// PGconn is asked for all the others. A password from a password file is not among them.
parameter_map expand_but(parameter_map given, std::string const& refused_keyword) {
    given[refused_keyword] = nonsense;
    std::vector<char const*> names;
    std::vector<char const*> values;
    for (auto const& [name, value] : given) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    pg_connection const refused{PQconnectStartParams(names.data(), values.data(), 0)};
    if (refused == nullptr)
        throw std::bad_alloc{};
    auto const message = last_message(refused.get());
    if (PQstatus(refused.get()) != CONNECTION_BAD || message.find(nonsense) == message.npos)
        throw error{errc::invalid_dsn, "invalid connection string: " + message};

    std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> const options{
        PQconninfo(refused.get()), &PQconninfoFree};
    parameter_map expanded;
    for (auto const* option = options.get(); option != nullptr && option->keyword != nullptr;
         ++option)
        if (option->val != nullptr && *option->val != '\0')
            expanded[option->keyword] = option->val;
    return expanded;
}

parameter_map expand(parameter_map const& given) {
    auto expanded = expand_but(given, "target_session_attrs");
    if (auto const written = given.find("target_session_attrs"); written != given.end())
        expanded["target_session_attrs"] = written->second;
    else
        expanded["target_session_attrs"] = expand_but(given, "gssencmode")["target_session_attrs"];
    // libpq's default, not a wish: each connect would probe credential caches.
    if (!given.contains("gssencmode") && std::getenv("PGGSSENCMODE") == nullptr &&
        expanded["gssencmode"] == "prefer")
        expanded["gssencmode"] = "disable";
    for (auto const& [keyword, value] : given)
        expanded.try_emplace(keyword, value); // the service itself, lest PGSERVICE replaces it
    return expanded;
}

} // namespace

asio::awaitable<dsn> with_service(dsn target, time_limit const& limit) {
    if (target.parameter("service").empty())
        co_return target;
    auto const shared = std::make_shared<parameter_map>(target.parameters());
    std::function<void()> const work = [shared] { *shared = expand(*shared); };
    co_await off_loop(helper_threads::for_files(), work, limit);
    co_return expanded_dsn::make(std::move(*shared));
}

} // namespace copg::detail
