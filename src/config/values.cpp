// SPDX-License-Identifier: BSL-1.0
#include "config/values.hpp"

#include "base/nearest.hpp"

#include <copg/base/duration.hpp>
#include <copg/base/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace copg::config::detail {
namespace {

template <class Number>
bool is_number(std::string const& text, Number& into) {
    auto const* const end = text.data() + text.size();
    auto const [stop, failure] = std::from_chars(text.data(), end, into);
    return failure == std::errc{} && stop == end;
}

} // namespace

std::string read_value(std::string const& text, std::string& into) {
    into = text;
    return text.find('\0') == text.npos ? "" : "must not hold a NUL character";
}

std::string read_value(std::string const& text, bool& into) {
    std::string lower{text};
    std::ranges::transform(
        lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; });
    into = lower == "true" || lower == "yes" || lower == "on";
    return into || lower == "false" || lower == "no" || lower == "off" ? ""
                                                                       : "must be true or false";
}

std::string read_value(std::string const& text, std::size_t& into) {
    return is_number(text, into) ? "" : "must be a whole number, 0 or more";
}

std::string read_value(std::string const& text, std::uint16_t& into) {
    return is_number(text, into) && into > 0 ? "" : "must be a number from 1 to 65535";
}

std::string read_value(std::string const& text, std::chrono::milliseconds& into) {
    try {
        into = parse_milliseconds(text);
        return {};
    } catch (error const& e) {
        return e.what();
    }
}

std::string read_value(std::string const& text, database_type& into) {
    auto const known = type_of(text);
    into = known.value_or(database_type::postgres);
    return known ? "" : "is not a type of database"; // the caller names the choices
}

std::string choice_complaint(key const& as, std::string const& text) {
    if (as.choices.empty() || std::ranges::count(as.choices, text) > 0 ||
        (as.name == "type" && type_of(text)))
        return {};
    auto const meant = copg::detail::nearest(text, as.choices);
    return fmt::format("must be one of {}{}{}",
                       fmt::join(as.choices, ", "),
                       meant.empty() ? "" : "; did you mean ",
                       meant.empty() ? "" : fmt::format("{}?", meant));
}

std::string with_quotation(key const& as, node const& value, std::string const& complaint) {
    if (value.what != node::kind::scalar || (as.type() == "text" && as.choices.empty()))
        return complaint;
    return fmt::format(
        "\"{}\" {}{}", value.written, as.type() == "duration" ? "cannot be read: " : "", complaint);
}

} // namespace copg::config::detail
