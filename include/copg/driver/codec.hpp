// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/oid.hpp>

#include <boost/uuid/uuid.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace copg {

/// How a C++ type travels, specialised for each type that can be a parameter or a column. A
/// specialisation has
///
///     static constexpr oid parameter_type;     // unspecified: the server infers it
///     static constexpr bool binary;            // the format that encode writes
///     static void encode(T const&, std::string& out);
///     static bool accepts(oid column);
///     static T decode(std::string_view bytes, oid column);   // binary format, accepted columns
///     only
///
/// The functions throw error errc::value_out_of_range for what the other side cannot hold. Lossless
/// widening (smallint into int64_t, real into double) is accepted, nothing else is converted. The
/// formats are those of the server's send and receive functions (src/backend/utils/adt).
template <class T>
struct codec;

namespace detail {

COPG_API void encode_integer(std::uint64_t value, std::size_t bytes, std::string& out);
COPG_API std::uint64_t decode_integer(std::string_view bytes, std::size_t expected);
COPG_API std::int64_t decode_signed(std::string_view bytes, oid column);
COPG_API double decode_float(std::string_view bytes, oid column);
COPG_API void encode_text(std::string_view text, std::string& out);
COPG_API bool is_text(oid column) noexcept;
COPG_API std::string_view decode_text(std::string_view bytes, oid column);

template <class T>
concept signed_integer = std::signed_integral<T> && !std::same_as<T, char> &&
                         (sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8);

template <class T>
concept character_text = std::convertible_to<T const&, std::string_view>;

} // namespace detail

template <>
struct COPG_API codec<bool> {
    static constexpr oid parameter_type = oid::boolean;
    static constexpr bool binary = true;
    static void encode(bool value, std::string& out) { out += value ? '\1' : '\0'; }
    static bool accepts(oid column) noexcept { return column == oid::boolean; }
    static bool decode(std::string_view bytes, oid) {
        return detail::decode_integer(bytes, 1) != 0;
    }
};

/// int2, int4 and int8 for the signed integers of 2, 4 and 8 bytes.
template <detail::signed_integer T>
struct codec<T> {
    static constexpr oid parameter_type = sizeof(T) == 2   ? oid::int2
                                          : sizeof(T) == 4 ? oid::int4
                                                           : oid::int8;
    static constexpr bool binary = true;
    static void encode(T value, std::string& out) {
        detail::encode_integer(static_cast<std::uint64_t>(value), sizeof(T), out);
    }
    static bool accepts(oid column) noexcept {
        return column == oid::int2 || (column == oid::int4 && sizeof(T) >= 4) ||
               (column == oid::int8 && sizeof(T) >= 8);
    }
    static T decode(std::string_view bytes, oid column) {
        return static_cast<T>(detail::decode_signed(bytes, column));
    }
};

/// oid.
template <>
struct COPG_API codec<std::uint32_t> {
    static constexpr oid parameter_type = oid::oid;
    static constexpr bool binary = true;
    static void encode(std::uint32_t value, std::string& out) {
        detail::encode_integer(value, 4, out);
    }
    static bool accepts(oid column) noexcept { return column == oid::oid; }
    static std::uint32_t decode(std::string_view bytes, oid) {
        return static_cast<std::uint32_t>(detail::decode_integer(bytes, 4));
    }
};

template <>
struct COPG_API codec<float> {
    static constexpr oid parameter_type = oid::float4;
    static constexpr bool binary = true;
    static void encode(float value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::float4; }
    static float decode(std::string_view bytes, oid column) {
        return static_cast<float>(detail::decode_float(bytes, column));
    }
};

template <>
struct COPG_API codec<double> {
    static constexpr oid parameter_type = oid::float8;
    static constexpr bool binary = true;
    static void encode(double value, std::string& out);
    static bool accepts(oid column) noexcept {
        return column == oid::float4 || column == oid::float8;
    }
    static double decode(std::string_view bytes, oid column) {
        return detail::decode_float(bytes, column);
    }
};

/// Text parameters go in text format without a type, so that they fit a column of any type, as a
/// quoted literal would. A NUL inside is refused.
template <detail::character_text T>
struct codec<T> {
    static constexpr oid parameter_type = oid::unspecified;
    static constexpr bool binary = false;
    static void encode(std::string_view value, std::string& out) {
        detail::encode_text(value, out);
    }
};

/// text, varchar, char, name, xml, json and jsonb columns.
template <>
struct COPG_API codec<std::string> {
    static constexpr oid parameter_type = oid::unspecified;
    static constexpr bool binary = false;
    static void encode(std::string_view value, std::string& out) {
        detail::encode_text(value, out);
    }
    static bool accepts(oid column) noexcept { return detail::is_text(column); }
    static std::string decode(std::string_view bytes, oid column) {
        return std::string{detail::decode_text(bytes, column)};
    }
};

template <>
struct COPG_API codec<std::vector<std::byte>> {
    static constexpr oid parameter_type = oid::bytea;
    static constexpr bool binary = true;
    static void encode(std::vector<std::byte> const& value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::bytea; }
    static std::vector<std::byte> decode(std::string_view bytes, oid);
};

template <>
struct COPG_API codec<boost::uuids::uuid> {
    static constexpr oid parameter_type = oid::uuid;
    static constexpr bool binary = true;
    static void encode(boost::uuids::uuid const& value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::uuid; }
    static boost::uuids::uuid decode(std::string_view bytes, oid);
};

/// date; infinity is out of range.
template <>
struct COPG_API codec<std::chrono::sys_days> {
    static constexpr oid parameter_type = oid::date;
    static constexpr bool binary = true;
    static void encode(std::chrono::sys_days value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::date; }
    static std::chrono::sys_days decode(std::string_view bytes, oid);
};

/// timestamptz; infinity and what exceeds the clock's range are out of range.
template <>
struct COPG_API codec<std::chrono::sys_time<std::chrono::microseconds>> {
    using time = std::chrono::sys_time<std::chrono::microseconds>;
    static constexpr oid parameter_type = oid::timestamptz;
    static constexpr bool binary = true;
    static void encode(time value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::timestamptz; }
    static time decode(std::string_view bytes, oid);
};

/// Has a codec that can be a parameter.
template <class T>
concept encodable = requires(T const& value, std::string& out) { codec<T>::encode(value, out); };

/// Has a codec that can be a column.
template <class T>
concept decodable = requires(std::string_view bytes, oid column) {
    { codec<T>::accepts(column) } -> std::convertible_to<bool>;
    { codec<T>::decode(bytes, column) } -> std::same_as<T>;
};

} // namespace copg
