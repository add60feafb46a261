// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/byte_reader.hpp>

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>

namespace copg {

/// A date over the whole range of the server, 4713 BC to 5874897 AD, and both infinities: days from
/// 2000-01-01. Infinities compare as the server does it.
class COPG_API date {
public:
    constexpr date() = default; ///< 2000-01-01
    explicit constexpr date(std::int32_t days_since_2000) noexcept : days_{days_since_2000} {}
    /// @throws error errc::value_out_of_range
    explicit date(std::chrono::sys_days day);

    static constexpr date infinity() noexcept {
        return date{std::numeric_limits<std::int32_t>::max()};
    }
    static constexpr date minus_infinity() noexcept {
        return date{std::numeric_limits<std::int32_t>::min()};
    }

    constexpr std::int32_t days_since_2000() const noexcept { return days_; }
    constexpr bool is_infinite() const noexcept {
        return *this == infinity() || *this == minus_infinity();
    }
    /// @throws error errc::value_out_of_range for an infinity
    std::chrono::sys_days to_chrono() const;
    /// ISO 8601 with BC as the server writes it.
    std::string to_string() const;

    friend constexpr auto operator<=>(date, date) = default;

private:
    std::int32_t days_ = 0;
};

/// date.
template <>
struct codec<date> {
    static constexpr oid parameter_type = oid::date;
    static constexpr bool binary = true;
    static void encode(date value, std::string& out) {
        detail::put(static_cast<std::uint32_t>(value.days_since_2000()), out);
    }
    static void encode_text(date value, std::string& out) { out += value.to_string(); }
    static bool accepts(oid column) noexcept { return column == oid::date; }
    static date decode(std::string_view bytes, oid) {
        return date{static_cast<std::int32_t>(detail::get<std::uint32_t>(bytes))};
    }
};

/// date; infinity is out of range.
template <>
struct codec<std::chrono::sys_days> {
    static constexpr oid parameter_type = oid::date;
    static constexpr bool binary = true;
    static void encode(std::chrono::sys_days value, std::string& out) {
        codec<date>::encode(date{value}, out);
    }
    static void encode_text(std::chrono::sys_days value, std::string& out) {
        out += date{value}.to_string();
    }
    static bool accepts(oid column) noexcept { return column == oid::date; }
    static std::chrono::sys_days decode(std::string_view bytes, oid column) {
        return codec<date>::decode(bytes, column).to_chrono();
    }
};

} // namespace copg
