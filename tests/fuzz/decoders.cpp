// SPDX-License-Identifier: BSL-1.0
// Binary values: the first byte chooses the type, the second one the column's. Each value is read
// or refused with one of the errors that the codecs promise; what was read is written and read
// again and must stay the same.
#include <copg/base/error.hpp>
#include <copg/driver/codec.hpp>
#include <copg/driver/types/decimal.hpp>
#include <copg/driver/types/json.hpp>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <array>
#include <cstdint>
#include <cstdlib>

namespace {

using copg::codec;
using copg::oid;
using decimal = boost::multiprecision::number<boost::multiprecision::cpp_dec_float<50>>;

enum class color { red, green };
BOOST_DESCRIBE_ENUM(color, red, green)

struct inner {
    std::int32_t number;
    std::optional<std::string> text;
};
BOOST_DESCRIBE_STRUCT(inner, (), (number, text))

struct outer {
    std::vector<inner> list;
    std::optional<inner> one;
    copg::range<copg::numeric> range;
};
BOOST_DESCRIBE_STRUCT(outer, (), (list, one, range))

constexpr oid columns[] = {
    oid::boolean,        oid::int2,      oid::int4,          oid::int8,        oid::float4,
    oid::float8,         oid::oid,       oid::text,          oid::jsonb,       oid::json,
    oid::bytea,          oid::uuid,      oid::varbit,        oid::numeric,     oid::date,
    oid::time,           oid::timetz,    oid::timestamp,     oid::timestamptz, oid::interval,
    oid::inet,           oid::cidr,      oid::int4_array,    oid::text_array,  oid::int4range,
    oid::numrange,       oid::tstzrange, oid::nummultirange, oid::record,      oid::record_array,
    oid::numrange_array, oid{16400},
};

bool is_promised(std::error_code code) {
    return code == copg::errc::protocol_error || code == copg::errc::type_mismatch ||
           code == copg::errc::unexpected_null || code == copg::errc::value_out_of_range;
}

template <class T>
bool same(T const& a, T const& b) {
    if constexpr (std::is_floating_point_v<T>)
        return a == b || (a != a && b != b);
    else if constexpr (std::is_same_v<T, decimal>)
        return a == b || (a != a && b != b);
    else if constexpr (std::is_same_v<T, boost::json::value>)
        return true; // Boost.JSON before 1.84 reads doubles with an error in the last place
    else
        return a == b;
}

/// One of the columns that T can be read from.
template <class T>
oid choose_column(std::uint8_t choice) {
    std::vector<oid> accepted;
    for (auto const column : columns)
        if (codec<T>::accepts(column))
            accepted.push_back(column);
    return accepted.at(choice % accepted.size());
}

template <class T>
void decode(std::string_view bytes, std::uint8_t choice) {
    auto const column = choose_column<T>(choice);
    auto const value = codec<T>::decode(bytes, column);
    if constexpr (copg::encodable<T>) {
        std::string again;
        codec<T>::encode(value, again);
        auto const type = codec<T>::parameter_type;
        if constexpr (codec<T>::binary)
            if (type != oid::unspecified && !same(codec<T>::decode(again, type), value))
                std::abort();
    }
    if constexpr (copg::detail::text_encodable<T>) {
        std::string text;
        copg::detail::write_text(value, text);
    }
}

/// A text may hold a NUL when it is decoded, which the encoders rightly refuse.
template <class T>
void decode_only(std::string_view bytes, std::uint8_t choice) {
    static_cast<void>(codec<T>::decode(bytes, choose_column<T>(choice)));
}

using decoder = void (*)(std::string_view, std::uint8_t);

constexpr decoder decoders[] = {
    decode<bool>,
    decode<std::int16_t>,
    decode<std::int32_t>,
    decode<std::int64_t>,
    decode<float>,
    decode<double>,
    decode<std::uint32_t>,
    decode<std::vector<std::byte>>,
    decode<boost::uuids::uuid>,
    decode<copg::raw_value>,
    decode<copg::bit_string>,
    decode<copg::numeric>,
    decode<decimal>,
    decode<copg::date>,
    decode<copg::timestamp>,
    decode<copg::timestamptz>,
    decode<std::chrono::sys_days>,
    decode<std::chrono::sys_time<std::chrono::microseconds>>,
    decode<std::chrono::local_time<std::chrono::microseconds>>,
    decode<std::chrono::microseconds>,
    decode<copg::timetz>,
    decode<copg::interval>,
    decode<copg::inet>,
    decode<boost::asio::ip::address>,
    decode<boost::json::value>,
    decode<color>,
    decode<std::vector<std::int32_t>>,
    decode<std::vector<std::optional<bool>>>,
    decode<copg::array<std::optional<std::int32_t>>>,
    decode<copg::array<copg::numeric>>,
    decode<std::vector<copg::range<copg::numeric>>>,
    decode<copg::range<std::int32_t>>,
    decode<copg::range<copg::numeric>>,
    decode<copg::range<copg::timestamptz>>,
    decode<copg::multirange<copg::numeric>>,
    decode_only<inner>,
    decode_only<outer>,
    decode_only<std::vector<outer>>,
    decode_only<std::string>,
    decode_only<std::vector<std::string>>,
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2)
        return 0;
    std::string_view const bytes{reinterpret_cast<char const*>(data) + 2, size - 2};
    try {
        decoders[data[0] % std::size(decoders)](bytes, data[1]);
    } catch (copg::error const& e) {
        if (!is_promised(e.code()))
            std::abort();
    }
    return 0;
}
