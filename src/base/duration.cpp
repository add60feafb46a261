// SPDX-License-Identifier: BSL-1.0
#include <copg/base/duration.hpp>
#include <copg/base/error.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

namespace copg {
namespace {

using std::chrono::nanoseconds;

struct unit {
    std::string_view name;
    std::int64_t length;
};

constexpr std::array<unit, 8> units{{{"ns", 1},
                                     {"us", 1'000},
                                     {"\u00b5s", 1'000}, // micro sign
                                     {"\u03bcs", 1'000}, // Greek letter
                                     {"ms", 1'000'000},
                                     {"s", 1'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"h", 3'600'000'000'000}}};

[[noreturn]] void refuse(char const* sentence) {
    throw error{errc::invalid_configuration, sentence};
}

std::string_view take_while(std::string_view& text, bool (*belongs)(char)) {
    std::size_t length = 0;
    while (length < text.size() && belongs(text[length]))
        ++length;
    auto const taken = text.substr(0, length);
    text.remove_prefix(length);
    return taken;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_unit_character(char c) {
    return !is_digit(c) && c != '.';
}

std::int64_t take_unit(std::string_view& text) {
    auto const name = take_while(text, is_unit_character);
    if (name.empty())
        refuse("a duration needs a unit, such as 30s or 5m");
    for (auto const& known : units)
        if (known.name == name)
            return known.length;
    refuse("the units of a duration are ns, us, ms, s, m and h");
}

// A long double holds every std::int64_t.
long double take_number(std::string_view& text) {
    auto const whole = take_while(text, is_digit);
    std::string_view fraction;
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        fraction = take_while(text, is_digit);
    }
    if (whole.empty() && fraction.empty())
        refuse("a duration is written like 30s, 1h30m or 500ms");
    long double number = 0;
    for (char const c : whole)
        number = number * 10 + (c - '0');
    long double place = 1;
    for (char const c : fraction)
        number += (c - '0') * (place /= 10);
    return number;
}

} // namespace

std::chrono::nanoseconds parse_duration(std::string_view text) {
    if (text == "0")
        return {};
    if (text.starts_with('-'))
        refuse("a duration must not be negative");
    if (text.starts_with('+'))
        text.remove_prefix(1);
    if (text.empty())
        refuse("a duration is written like 30s, 1h30m or 500ms");
    long double total = 0;
    while (!text.empty()) {
        auto const number = take_number(text);
        total += number * static_cast<long double>(take_unit(text));
    }
    if (total > static_cast<long double>(nanoseconds::max().count()))
        refuse("a duration of more than 292 years is too long");
    return nanoseconds{std::llround(total)};
}

std::chrono::milliseconds parse_milliseconds(std::string_view text) {
    return std::chrono::ceil<std::chrono::milliseconds>(parse_duration(text));
}

std::string format_duration(std::chrono::nanoseconds duration) {
    std::string text;
    auto rest = duration.count();
    for (auto const& [name, length] : {units[7], units[6]}) {
        if (rest >= length)
            text += fmt::format("{}{}", rest / length, name);
        rest %= length;
    }
    if (rest == 0)
        return text.empty() ? "0s" : text;
    auto const& [name, length] = rest >= units[5].length   ? units[5]
                                 : rest >= units[4].length ? units[4]
                                 : rest >= units[1].length ? units[1]
                                                           : units[0];
    text += fmt::format("{}", rest / length);
    if (auto const below = rest % length; below != 0) {
        auto fraction =
            fmt::format("{:.9f}", static_cast<double>(below) / static_cast<double>(length));
        fraction.erase(fraction.find_last_not_of('0') + 1);
        text += fraction.substr(1);
    }
    return text.append(name);
}

} // namespace copg
