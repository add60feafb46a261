// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/codec.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace copg {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::sys_days;

// PostgreSQL counts dates and times from 2000-01-01 (src/include/datatype/timestamp.h).
constexpr sys_days postgres_epoch = std::chrono::year{2000} / 1 / 1;
constexpr microseconds epoch_offset = postgres_epoch.time_since_epoch();

[[noreturn]] void out_of_range(char const* what) {
    throw error{errc::value_out_of_range, fmt::format("value out of range: {}", what)};
}

} // namespace

namespace detail {

void encode_integer(std::uint64_t value, std::size_t bytes, std::string& out) {
    for (auto shift = bytes * 8; shift > 0; shift -= 8)
        out += static_cast<char>(value >> (shift - 8) & 0xFF);
}

std::uint64_t decode_integer(std::string_view bytes, std::size_t expected) {
    if (bytes.size() != expected)
        throw error{errc::protocol_error,
                    fmt::format("a value of {} bytes where {} are due", bytes.size(), expected)};
    std::uint64_t value = 0;
    for (char const byte : bytes)
        value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

std::int64_t decode_signed(std::string_view bytes, oid column) {
    switch (column) {
    case oid::int2:
        return static_cast<std::int16_t>(decode_integer(bytes, 2));
    case oid::int4:
        return static_cast<std::int32_t>(decode_integer(bytes, 4));
    default:
        return static_cast<std::int64_t>(decode_integer(bytes, 8));
    }
}

double decode_float(std::string_view bytes, oid column) {
    if (column == oid::float4)
        return std::bit_cast<float>(static_cast<std::uint32_t>(decode_integer(bytes, 4)));
    return std::bit_cast<double>(decode_integer(bytes, 8));
}

void encode_text(std::string_view text, std::string& out) {
    if (text.find('\0') != std::string_view::npos)
        out_of_range("a text parameter holds a NUL character");
    out += text;
}

bool is_text(oid column) noexcept {
    switch (column) {
    case oid::text:
    case oid::varchar:
    case oid::bpchar:
    case oid::name:
    case oid::char_:
    case oid::unknown:
    case oid::xml:
    case oid::json:
    case oid::jsonb:
        return true;
    default:
        return false;
    }
}

std::string_view decode_text(std::string_view bytes, oid column) {
    if (column != oid::jsonb)
        return bytes;
    if (bytes.empty() || bytes.front() != '\1') // jsonb_send writes its version first
        throw error{errc::protocol_error, "jsonb of an unknown version"};
    return bytes.substr(1);
}

} // namespace detail

void codec<float>::encode(float value, std::string& out) {
    detail::encode_integer(std::bit_cast<std::uint32_t>(value), 4, out);
}

void codec<double>::encode(double value, std::string& out) {
    detail::encode_integer(std::bit_cast<std::uint64_t>(value), 8, out);
}

void codec<std::vector<std::byte>>::encode(std::vector<std::byte> const& value, std::string& out) {
    out.append(reinterpret_cast<char const*>(value.data()), value.size());
}

std::vector<std::byte> codec<std::vector<std::byte>>::decode(std::string_view bytes, oid) {
    auto const* first = reinterpret_cast<std::byte const*>(bytes.data());
    return {first, first + bytes.size()};
}

void codec<boost::uuids::uuid>::encode(boost::uuids::uuid const& value, std::string& out) {
    out.append(value.begin(), value.end());
}

boost::uuids::uuid codec<boost::uuids::uuid>::decode(std::string_view bytes, oid) {
    boost::uuids::uuid value{};
    if (bytes.size() != value.size())
        throw error{errc::protocol_error, "a uuid that does not have 16 bytes"};
    std::copy(bytes.begin(), bytes.end(), value.begin());
    return value;
}

void codec<sys_days>::encode(sys_days value, std::string& out) {
    std::int64_t const day = (value - postgres_epoch).count();
    // The two ends of the range stand for -infinity and infinity.
    if (day <= std::numeric_limits<std::int32_t>::min() ||
        day >= std::numeric_limits<std::int32_t>::max())
        out_of_range("a date parameter");
    detail::encode_integer(static_cast<std::uint64_t>(day), 4, out);
}

sys_days codec<sys_days>::decode(std::string_view bytes, oid) {
    auto const day = static_cast<std::int32_t>(detail::decode_integer(bytes, 4));
    if (day == std::numeric_limits<std::int32_t>::max() ||
        day == std::numeric_limits<std::int32_t>::min())
        out_of_range("an infinite date");
    if (day > std::numeric_limits<std::int32_t>::max() - epoch_offset / days{1})
        out_of_range("a date beyond the clock");
    return postgres_epoch + days{day};
}

void codec<std::chrono::sys_time<microseconds>>::encode(time value, std::string& out) {
    auto const count = value.time_since_epoch().count();
    if (count < std::numeric_limits<std::int64_t>::min() + epoch_offset.count() + 1)
        out_of_range("a timestamp parameter");
    detail::encode_integer(static_cast<std::uint64_t>(count - epoch_offset.count()), 8, out);
}

std::chrono::sys_time<microseconds>
codec<std::chrono::sys_time<microseconds>>::decode(std::string_view bytes, oid) {
    auto const count = static_cast<std::int64_t>(detail::decode_integer(bytes, 8));
    if (count == std::numeric_limits<std::int64_t>::max() ||
        count == std::numeric_limits<std::int64_t>::min())
        out_of_range("an infinite timestamp");
    if (count > std::numeric_limits<std::int64_t>::max() - epoch_offset.count())
        out_of_range("a timestamp beyond the clock");
    return time{microseconds{count} + epoch_offset};
}

} // namespace copg
