// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/trait.hpp>

#include <chrono>
#include <cstdint>

namespace copg {

/// A time of day with an offset from UTC (time with time zone). Two are equal when both parts are.
struct timetz {
    std::chrono::microseconds time{}; ///< since midnight, 24:00 included
    std::chrono::seconds offset{};    ///< east of UTC, less than 16 hours either way

    friend bool operator==(timetz const&, timetz const&) = default;
};

/// An interval, its three parts apart as the server keeps them: months and days have no fixed
/// length. The server compares intervals by an estimate; this == compares the parts.
struct interval {
    std::int32_t months = 0;
    std::int32_t days = 0;
    std::chrono::microseconds time{};

    friend bool operator==(interval const&, interval const&) = default;
};

/// time: a duration since midnight, 24:00 included. Anything else is out of range.
template <>
struct COPG_API codec<std::chrono::microseconds> {
    static constexpr oid parameter_type = oid::time;
    static constexpr bool binary = true;
    static void encode(std::chrono::microseconds value, std::string& out);
    static void encode_text(std::chrono::microseconds value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::time; }
    static std::chrono::microseconds decode(std::string_view bytes, oid);
};

/// time with time zone.
template <>
struct COPG_API codec<timetz> {
    static constexpr oid parameter_type = oid::timetz;
    static constexpr bool binary = true;
    static void encode(timetz const& value, std::string& out);
    static void encode_text(timetz const& value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::timetz; }
    static timetz decode(std::string_view bytes, oid);
};

/// interval.
template <>
struct COPG_API codec<interval> {
    static constexpr oid parameter_type = oid::interval;
    static constexpr bool binary = true;
    static void encode(interval const& value, std::string& out);
    static void encode_text(interval const& value, std::string& out);
    static bool accepts(oid column) noexcept { return column == oid::interval; }
    static interval decode(std::string_view bytes, oid);
};

} // namespace copg
