// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/dsn.hpp>

#include <fmt/format.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>

namespace copg {
namespace {

using options = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

// libpq quotes pieces of the text in its messages, and any piece may be a part of a password. So
// each quoted piece is replaced by the place where it stands.
std::string without_quotations(std::string_view message, std::string_view text) {
    std::string clean;
    while (true) {
        auto const open = message.find('"');
        auto const close = open == message.npos ? message.npos : message.find('"', open + 1);
        if (close == message.npos)
            break;
        auto const piece = message.substr(open + 1, close - open - 1);
        clean += message.substr(0, open);
        auto const place = text.find(piece);
        if (piece.size() <= 1)
            clean += message.substr(open, piece.size() + 2);
        else
            clean += place == text.npos ? "(…)" : fmt::format("(at character {})", place + 1);
        message.remove_prefix(close + 1);
    }
    clean += message;
    while (!clean.empty() && clean.back() == '\n')
        clean.pop_back();
    return clean;
}

options parse(std::string_view text) {
    if (text.find('\0') != std::string_view::npos)
        throw error{errc::invalid_dsn, "invalid connection string: it holds a NUL character"};
    char* message = nullptr;
    auto parsed = options{PQconninfoParse(std::string{text}.c_str(), &message), &PQconninfoFree};
    std::unique_ptr<char, decltype(&PQfreemem)> const owner{message, &PQfreemem};
    if (parsed == nullptr)
        throw error{errc::invalid_dsn,
                    "invalid connection string: " +
                        without_quotations(message == nullptr ? "out of memory" : message, text)};
    return parsed;
}

bool has_value(PQconninfoOption const* option, std::string_view keyword) {
    for (; option->keyword != nullptr; ++option)
        if (option->keyword == keyword)
            return option->val != nullptr && *option->val != '\0';
    return false;
}

void take_values(std::map<std::string, std::string>& parameters, PQconninfoOption const* option) {
    for (; option != nullptr && option->keyword != nullptr; ++option)
        if (option->val != nullptr && *option->val != '\0')
            parameters[option->keyword] = option->val;
}

bool is_secret(std::string_view keyword) {
    return keyword == "password" || keyword == "sslpassword";
}

std::string quote_value(std::string_view value) {
    std::string quoted{'\''};
    for (char const c : value) {
        if (c == '\'' || c == '\\')
            quoted += '\\';
        quoted += c;
    }
    return quoted += '\'';
}

std::string keyword_string(std::map<std::string, std::string> const& parameters, bool secrets) {
    std::string text;
    for (auto const& [keyword, value] : parameters)
        text += fmt::format("{}{}={}",
                            text.empty() ? "" : " ",
                            keyword,
                            secrets || !is_secret(keyword) ? quote_value(value) : "***");
    return text;
}

// An '@' begins the name of an abstract socket. Anywhere else in a host it comes from a user name
// or password in a URI, and so it does at the beginning of a host that the text writes as "@@host".
bool holds_stray_at(std::string_view hosts, std::string_view text) {
    for (auto at = hosts.find('@'); at != hosts.npos; at = hosts.find('@', at + 1))
        if ((at != 0 && hosts[at - 1] != ',') ||
            (text.starts_with("postgres") && text.find("@@") != text.npos))
            return true;
    return false;
}

std::string environment(char const* name) {
    auto const* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string{value};
}

} // namespace

dsn::dsn(std::string_view text) {
    auto const given = parse(text);
    auto const service = environment("PGSERVICE");
    if (!service.empty() || has_value(given.get(), "service")) {
        // libpq reads the service file when it connects; a default here would hide what it says.
        if (!service.empty())
            parameters_["service"] = service;
        take_values(parameters_, given.get());
    } else {
        take_values(parameters_, options{PQconndefaults(), &PQconninfoFree}.get());
        if (environment("PGGSSENCMODE").empty())
            parameters_["gssencmode"] = "disable"; // by default each connect would probe caches
        take_values(parameters_, given.get());
        // libpq takes a port that is not written as 5432, a database that is not as the user.
        parameters_.try_emplace("port", "5432");
        if (auto const user = parameters_.find("user"); user != parameters_.end())
            parameters_.try_emplace("dbname", user->second);
        // From version 16 on the system's certificates mean verify-full, which a weaker mode that
        // nobody wrote would contradict.
        if (parameter("sslrootcert") == "system" && !has_value(given.get(), "sslmode") &&
            environment("PGSSLMODE").empty())
            parameters_.erase("sslmode");
    }

    if (holds_stray_at(parameter("host"), text))
        throw error{errc::invalid_dsn,
                    "invalid connection string: the host holds an '@'; write an '@' in a user name "
                    "or password as %40"};
}

std::string_view dsn::parameter(std::string const& keyword) const noexcept {
    auto const found = parameters_.find(keyword);
    return found == parameters_.end() ? std::string_view{} : std::string_view{found->second};
}

std::string dsn::canonical_key() const {
    return keyword_string(parameters_, true);
}

std::string dsn::redacted() const {
    return keyword_string(parameters_, false);
}

} // namespace copg
