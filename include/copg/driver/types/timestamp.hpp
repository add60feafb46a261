// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/byte_reader.hpp>

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace copg {

/// A point in time over the whole range of the server, 4713 BC to 294276 AD, and both infinities:
/// microseconds from 2000-01-01 00:00. Infinities compare as the server does it.
template <class Clock>
class COPG_API basic_timestamp {
public:
    using time_point = std::chrono::time_point<Clock, std::chrono::microseconds>;

    constexpr basic_timestamp() = default; ///< 2000-01-01 00:00
    explicit constexpr basic_timestamp(std::int64_t microseconds_since_2000) noexcept
        : count_{microseconds_since_2000} {}
    /// @throws error errc::value_out_of_range
    explicit basic_timestamp(time_point time);

    static constexpr basic_timestamp infinity() noexcept {
        return basic_timestamp{std::numeric_limits<std::int64_t>::max()};
    }
    static constexpr basic_timestamp minus_infinity() noexcept {
        return basic_timestamp{std::numeric_limits<std::int64_t>::min()};
    }

    constexpr std::int64_t microseconds_since_2000() const noexcept { return count_; }
    constexpr bool is_infinite() const noexcept {
        return *this == infinity() || *this == minus_infinity();
    }
    /// @throws error errc::value_out_of_range for an infinity and beyond the year 294246
    time_point to_chrono() const;
    /// ISO 8601 with BC as the server writes it; timestamptz at +00.
    std::string to_string() const;

    friend constexpr auto operator<=>(basic_timestamp, basic_timestamp) = default;

private:
    std::int64_t count_ = 0;
};

using timestamp = basic_timestamp<std::chrono::local_t>;
using timestamptz = basic_timestamp<std::chrono::system_clock>;

extern template class basic_timestamp<std::chrono::local_t>;
extern template class basic_timestamp<std::chrono::system_clock>;

/// timestamp and timestamptz.
template <class Clock>
struct codec<basic_timestamp<Clock>> {
    static constexpr oid parameter_type =
        std::is_same_v<Clock, std::chrono::local_t> ? oid::timestamp : oid::timestamptz;
    static constexpr bool binary = true;
    static void encode(basic_timestamp<Clock> value, std::string& out) {
        detail::put(static_cast<std::uint64_t>(value.microseconds_since_2000()), out);
    }
    static void encode_text(basic_timestamp<Clock> value, std::string& out) {
        out += value.to_string();
    }
    static bool accepts(oid column) noexcept { return column == parameter_type; }
    static basic_timestamp<Clock> decode(std::string_view bytes, oid) {
        return basic_timestamp<Clock>{static_cast<std::int64_t>(detail::get<std::uint64_t>(bytes))};
    }
};

/// timestamp for std::chrono::local_time and timestamptz for std::chrono::sys_time, in
/// microseconds; infinity and what exceeds the clock's range are out of range.
template <class Clock>
    requires std::same_as<Clock, std::chrono::local_t> ||
             std::same_as<Clock, std::chrono::system_clock>
struct codec<std::chrono::time_point<Clock, std::chrono::microseconds>> {
    using time = std::chrono::time_point<Clock, std::chrono::microseconds>;
    using wide = basic_timestamp<Clock>;
    static constexpr oid parameter_type = codec<wide>::parameter_type;
    static constexpr bool binary = true;
    static void encode(time value, std::string& out) { codec<wide>::encode(wide{value}, out); }
    static void encode_text(time value, std::string& out) { out += wide{value}.to_string(); }
    static bool accepts(oid column) noexcept { return column == parameter_type; }
    static time decode(std::string_view bytes, oid column) {
        return codec<wide>::decode(bytes, column).to_chrono();
    }
};

} // namespace copg
