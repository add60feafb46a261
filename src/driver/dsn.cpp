// SPDX-License-Identifier: BSL-1.0
#include "driver/dsn_defaults.hpp"
#include "driver/dsn_text.hpp"

#include <copg/base/error.hpp>
#include <copg/driver/dsn.hpp>

#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>

namespace copg {
namespace {

using parameter_map = std::map<std::string, std::string>;
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

detail::parted_dsn part(std::string_view text) {
    if (text.find('\0') != std::string_view::npos)
        throw error{errc::invalid_dsn, "invalid connection string: it holds a NUL character"};
    return detail::part(text);
}

/// @param text  the whole one, for the places in messages
options parse(std::string const& for_libpq, std::string_view text) {
    char* message = nullptr;
    auto parsed = options{PQconninfoParse(for_libpq.c_str(), &message), &PQconninfoFree};
    std::unique_ptr<char, decltype(&PQfreemem)> const owner{message, &PQfreemem};
    if (parsed == nullptr)
        throw error{errc::invalid_dsn,
                    "invalid connection string: " +
                        without_quotations(message == nullptr ? "out of memory" : message, text)};
    return parsed;
}

bool is_secret(std::string_view keyword) {
    for (auto const* secret :
         {"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"})
        if (keyword == secret)
            return true;
    return false;
}

std::string keyword_string(parameter_map const& parameters, bool secrets) {
    std::string text;
    for (auto const& [keyword, value] : parameters)
        text += fmt::format("{}{}={}",
                            text.empty() ? "" : " ",
                            keyword,
                            secrets || !is_secret(keyword) ? detail::quote_value(value) : "***");
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

} // namespace

dsn::dsn(std::string_view text) {
    auto parted = part(text);
    pool_ = std::move(parted.pool);
    settings_ = std::move(parted.server);
    given_ = detail::values_of(parse(parted.for_libpq, text).get());
    parameters_ = detail::with_defaults(given_);
    if (!settings_.empty())
        parameters_["options"] =
            detail::with_settings(std::string{parameter("options")}, settings_);

    if (holds_stray_at(parameter("host"), parted.for_libpq))
        throw error{errc::invalid_dsn,
                    "invalid connection string: the host holds an '@'; write an '@' in a user name "
                    "or password as %40"};
}

bool dsn::gives(std::string const& name) const noexcept {
    return given_.contains(name) || pool_.contains(name) || settings_.contains(name);
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
