// SPDX-License-Identifier: BSL-1.0
#include "driver/types/clock_text.hpp"

#include <copg/driver/types/byte_reader.hpp>
#include <copg/driver/types/time.hpp>

#include <fmt/format.h>

#include <iterator>

namespace copg {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr microseconds full_day = std::chrono::hours{24};
constexpr seconds widest_offset = std::chrono::hours{16}; // TZDISP_LIMIT

bool is_time_of_day(microseconds time) noexcept {
    return time >= microseconds{0} && time <= full_day;
}

bool is_offset(seconds offset) noexcept {
    return offset > -widest_offset && offset < widest_offset;
}

void check(microseconds time) {
    if (!is_time_of_day(time))
        detail::throw_out_of_range("a time of day is from 00:00 to 24:00");
}

void check(timetz const& value) {
    check(value.time);
    if (!is_offset(value.offset))
        detail::throw_out_of_range("an offset from UTC is less than 16 hours");
}

microseconds take_time(detail::byte_reader& in) {
    microseconds const time{in.take_int64()};
    if (!is_time_of_day(time))
        detail::throw_malformed("a time of day outside the day");
    return time;
}

void put(microseconds time, std::string& out) {
    detail::put(static_cast<std::uint64_t>(time.count()), out);
}

} // namespace

std::string detail::clock_text(microseconds time) {
    std::chrono::hh_mm_ss const parts{time};
    auto text = fmt::format("{:02}:{:02}:{:02}",
                            parts.hours().count(),
                            parts.minutes().count(),
                            parts.seconds().count());
    if (parts.subseconds().count() != 0)
        text += fmt::format(".{:06}", parts.subseconds().count());
    return text;
}

void codec<microseconds>::encode(microseconds value, std::string& out) {
    check(value);
    put(value, out);
}

void codec<microseconds>::encode_text(microseconds value, std::string& out) {
    check(value);
    out += detail::clock_text(value);
}

microseconds codec<microseconds>::decode(std::string_view bytes, oid) {
    detail::byte_reader in{bytes};
    auto const time = take_time(in);
    in.expect_end();
    return time;
}

void codec<timetz>::encode(timetz const& value, std::string& out) {
    check(value);
    put(value.time, out);
    detail::put(static_cast<std::uint32_t>(-value.offset.count()), out); // sent west of UTC
}

void codec<timetz>::encode_text(timetz const& value, std::string& out) {
    check(value);
    out += detail::clock_text(value.time);
    out += value.offset < seconds{0} ? '-' : '+';
    out += detail::clock_text(std::chrono::abs(value.offset));
}

timetz codec<timetz>::decode(std::string_view bytes, oid) {
    detail::byte_reader in{bytes};
    timetz value;
    value.time = take_time(in);
    value.offset = -seconds{in.take_int32()};
    in.expect_end();
    if (!is_offset(value.offset))
        detail::throw_malformed("an offset from UTC of 16 hours or more");
    return value;
}

void codec<interval>::encode(interval const& value, std::string& out) {
    put(value.time, out);
    detail::put(static_cast<std::uint32_t>(value.days), out);
    detail::put(static_cast<std::uint32_t>(value.months), out);
}

// Each part has its own sign, lest the setting IntervalStyle gives the first one's to all.
void codec<interval>::encode_text(interval const& value, std::string& out) {
    auto const count = value.time.count();
    auto const magnitude =
        count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
    constexpr std::uint64_t in_second = 1'000'000;
    constexpr std::uint64_t in_hour = 3600 * in_second;
    fmt::format_to(std::back_inserter(out),
                   "{:+} mons {:+} days {}{:02}:{:02}:{:02}.{:06}",
                   value.months,
                   value.days,
                   count < 0 ? '-' : '+',
                   magnitude / in_hour,
                   magnitude / (60 * in_second) % 60,
                   magnitude / in_second % 60,
                   magnitude % in_second);
}

interval codec<interval>::decode(std::string_view bytes, oid) {
    detail::byte_reader in{bytes};
    interval value;
    value.time = microseconds{in.take_int64()};
    value.days = in.take_int32();
    value.months = in.take_int32();
    in.expect_end();
    return value;
}

} // namespace copg
