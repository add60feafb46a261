// SPDX-License-Identifier: BSL-1.0
#include "driver/dsn_text.hpp"

#include "base/nearest.hpp"
#include "driver/server_settings.hpp"

#include <copg/base/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace copg::detail {
namespace {

constexpr std::array<std::string_view, 9> pool_parameters{"pool_max_conns",
                                                          "pool_min_conns",
                                                          "pool_min_idle_conns",
                                                          "pool_max_idle_conns",
                                                          "pool_max_conn_lifetime",
                                                          "pool_max_conn_lifetime_jitter",
                                                          "pool_max_conn_idle_time",
                                                          "pool_health_check_period",
                                                          "pool_ping_timeout"};

/// Sorts parameters by whose they are.
class parter {
public:
    /// Whether it was taken; libpq gets it otherwise. @param place  of the name, from 0
    bool take(std::string const& name, std::string value, std::size_t place) {
        if (name.starts_with("pool_")) {
            if (std::find(pool_parameters.begin(), pool_parameters.end(), name) ==
                pool_parameters.end())
                refuse(name, place);
            parted.pool[name] = std::move(value);
            return true;
        }
        auto setting = server_setting(name);
        if (setting.empty())
            return false;
        parted.server[std::move(setting)] = std::move(value);
        return true;
    }

    parted_dsn parted;

private:
    [[noreturn]] static void refuse(std::string const& name, std::size_t place) {
        auto const meant = nearest(name, pool_parameters);
        throw error{errc::invalid_dsn,
                    fmt::format("invalid connection string: there is no such pool parameter (at "
                                "character {}){}{}",
                                place + 1,
                                meant.empty() ? "" : "; did you mean ",
                                meant)};
    }
};

bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::size_t skip_spaces(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_space(text[at]))
        ++at;
    return at;
}

// The rules of libpq's conninfo_parse.
std::optional<std::string> read_value(std::string_view text, std::size_t& at) {
    std::string value;
    auto const quoted = at < text.size() && text[at] == '\'';
    for (at += quoted ? 1 : 0; at < text.size(); ++at) {
        if (quoted ? text[at] == '\'' : is_space(text[at])) {
            ++at;
            return value;
        }
        if (text[at] == '\\')
            ++at;
        if (at == text.size())
            break;
        value += text[at];
    }
    if (quoted)
        return std::nullopt;
    at = std::min(at, text.size());
    return value;
}

parted_dsn part_keywords(std::string_view text) {
    parter parts;
    auto& kept = parts.parted.for_libpq;
    for (auto at = skip_spaces(text, 0); at < text.size(); at = skip_spaces(text, at)) {
        auto const begin = at;
        while (at < text.size() && text[at] != '=' && !is_space(text[at]))
            ++at;
        std::string const name{text.substr(begin, at - begin)};
        at = skip_spaces(text, at);
        std::optional<std::string> value;
        if (at < text.size() && text[at] == '=') {
            at = skip_spaces(text, at + 1);
            value = read_value(text, at);
        }
        if (!value) {
            kept += text.substr(begin); // libpq says what is wrong
            break;
        }
        if (!parts.take(name, std::move(*value), begin))
            kept.append(text.substr(begin, at - begin)) += ' ';
    }
    return std::move(parts.parted);
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9')
        return c - '0';
    auto const lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0)
            return std::nullopt;
        auto const byte = hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]);
        if (byte == 0)
            return std::nullopt;
        decoded += static_cast<char>(byte);
        i += 2;
    }
    return decoded;
}

// Behind the user information, which ends at the first '@' unless there is a '/' before it.
std::size_t find_query(std::string_view uri) noexcept {
    auto const authority = uri.find("://") + 3;
    auto const end = uri.find_first_of("@/", authority);
    return uri.find('?', end != uri.npos && uri[end] == '@' ? end : authority);
}

parted_dsn part_uri(std::string_view uri) {
    parter parts;
    auto& kept = parts.parted.for_libpq;
    auto const query = find_query(uri);
    kept = uri.substr(0, query);
    auto separator = '?';
    for (auto at = query; at < uri.size(); at = uri.find('&', at + 1)) {
        auto const pair = uri.substr(at + 1, uri.find('&', at + 1) - at - 1);
        auto const equals = pair.find('=');
        if (equals != pair.npos && pair.find('=', equals + 1) == pair.npos) {
            auto const name = percent_decoded(pair.substr(0, equals));
            auto value = percent_decoded(pair.substr(equals + 1));
            if (name && value && parts.take(*name, std::move(*value), at + 1))
                continue;
        }
        kept += separator;
        kept += pair;
        separator = '&';
    }
    return std::move(parts.parted);
}

} // namespace

std::span<std::string_view const> pool_parameter_names() {
    return pool_parameters;
}

parted_dsn part(std::string_view text) {
    auto const is_uri = text.starts_with("postgresql://") || text.starts_with("postgres://");
    return is_uri ? part_uri(text) : part_keywords(text);
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

std::string with_settings(std::string options, std::map<std::string, std::string> const& settings) {
    for (auto const& [name, value] : settings) {
        options.append(options.empty() ? "" : " ").append("-c ").append(name) += '=';
        for (char const c : value) {
            if (c == '\\' || is_space(c))
                options += '\\';
            options += c;
        }
    }
    return options;
}

} // namespace copg::detail
