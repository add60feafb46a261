// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/byte_reader.hpp>

#include <charconv>
#include <type_traits>

namespace copg {
namespace detail {

template <class T>
concept signed_integer = std::signed_integral<T> && !std::same_as<T, char> &&
                         (sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8);

template <std::integral T>
void write_integer(T value, std::string& out) {
    char digits[24];
    auto const end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
    out.append(digits, end);
}

COPG_API void write_float(float value, std::string& out);
COPG_API void write_float(double value, std::string& out);

} // namespace detail

/// boolean.
template <>
struct codec<bool> {
    static constexpr oid parameter_type = oid::boolean;
    static constexpr bool binary = true;
    static void encode(bool value, std::string& out) { out += value ? '\1' : '\0'; }
    static void encode_text(bool value, std::string& out) { out += value ? 't' : 'f'; }
    static bool accepts(oid column) noexcept { return column == oid::boolean; }
    static bool decode(std::string_view bytes, oid) {
        return detail::get<std::uint8_t>(bytes) != 0;
    }
};

/// smallint, integer and bigint for the signed integers of 2, 4 and 8 bytes; a larger one reads the
/// smaller columns too.
template <detail::signed_integer T>
struct codec<T> {
    static constexpr oid parameter_type = sizeof(T) == 2   ? oid::int2
                                          : sizeof(T) == 4 ? oid::int4
                                                           : oid::int8;
    static constexpr bool binary = true;
    static void encode(T value, std::string& out) {
        detail::put(static_cast<std::make_unsigned_t<T>>(value), out);
    }
    static void encode_text(T value, std::string& out) { detail::write_integer(value, out); }
    static bool accepts(oid column) noexcept {
        return column == oid::int2 || (column == oid::int4 && sizeof(T) >= 4) ||
               (column == oid::int8 && sizeof(T) >= 8);
    }
    static T decode(std::string_view bytes, oid column) {
        if (column == parameter_type)
            return static_cast<T>(detail::get<std::make_unsigned_t<T>>(bytes));
        if constexpr (sizeof(T) == 8)
            if (column == oid::int4)
                return static_cast<std::int32_t>(detail::get<std::uint32_t>(bytes));
        return static_cast<std::int16_t>(detail::get<std::uint16_t>(bytes));
    }
};

/// oid.
template <>
struct codec<std::uint32_t> {
    static constexpr oid parameter_type = oid::oid;
    static constexpr bool binary = true;
    static void encode(std::uint32_t value, std::string& out) { detail::put(value, out); }
    static void encode_text(std::uint32_t value, std::string& out) {
        detail::write_integer(value, out);
    }
    static bool accepts(oid column) noexcept { return column == oid::oid; }
    static std::uint32_t decode(std::string_view bytes, oid) {
        return detail::get<std::uint32_t>(bytes);
    }
};

/// real.
template <>
struct codec<float> {
    static constexpr oid parameter_type = oid::float4;
    static constexpr bool binary = true;
    static void encode(float value, std::string& out) {
        detail::put(std::bit_cast<std::uint32_t>(value), out);
    }
    static void encode_text(float value, std::string& out) { detail::write_float(value, out); }
    static bool accepts(oid column) noexcept { return column == oid::float4; }
    static float decode(std::string_view bytes, oid) {
        return std::bit_cast<float>(detail::get<std::uint32_t>(bytes));
    }
};

/// double precision; reads real columns too.
template <>
struct codec<double> {
    static constexpr oid parameter_type = oid::float8;
    static constexpr bool binary = true;
    static void encode(double value, std::string& out) {
        detail::put(std::bit_cast<std::uint64_t>(value), out);
    }
    static void encode_text(double value, std::string& out) { detail::write_float(value, out); }
    static bool accepts(oid column) noexcept {
        return column == oid::float4 || column == oid::float8;
    }
    static double decode(std::string_view bytes, oid column) {
        if (column == oid::float4)
            return codec<float>::decode(bytes, column);
        return std::bit_cast<double>(detail::get<std::uint64_t>(bytes));
    }
};

} // namespace copg
