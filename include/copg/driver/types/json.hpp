// SPDX-License-Identifier: BSL-1.0
#pragma once

/// json and jsonb as boost::json::value; not part of copg.hpp. Who includes this header links
/// Boost.JSON, or has `#include <boost/json/src.hpp>` in one source file.
#include <copg/base/error.hpp>
#include <copg/driver/types/text.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <cmath>

namespace copg {

namespace detail {

/// JSON has no infinities; the parser makes one of a number beyond double, and the serializer would
/// write one as a number beyond double.
inline void check_finite(boost::json::value const& value) {
    if (auto const* number = value.if_double(); number != nullptr && !std::isfinite(*number))
        throw error{errc::value_out_of_range, "value out of range: a JSON number beyond double"};
    if (auto const* array = value.if_array(); array != nullptr)
        for (auto const& element : *array)
            check_finite(element);
    if (auto const* object = value.if_object(); object != nullptr)
        for (auto const& member : *object)
            check_finite(member.value());
}

/// Boost.JSON from 1.84 can read doubles exactly, when it is asked to.
template <class Options>
void be_precise(Options& options) {
    if constexpr (requires { options.numbers; })
        options.numbers = decltype(options.numbers)::precise;
}

} // namespace detail

/// json and jsonb. Numbers become what boost::json::value has for them: int64_t, uint64_t or
/// double, the latter rounded (before Boost 1.84 perhaps not to the nearest one); read the column
/// as std::string to keep every digit. A document that is nested more than 256 deep, or has a
/// number beyond double, is errc::value_out_of_range.
template <>
struct codec<boost::json::value> {
    static constexpr oid parameter_type = oid::jsonb;
    static constexpr bool binary = true;
    static void encode(boost::json::value const& value, std::string& out) {
        out += '\1'; // the version that jsonb_recv wants
        encode_text(value, out);
    }
    static void encode_text(boost::json::value const& value, std::string& out) {
        detail::check_finite(value);
        out += boost::json::serialize(value);
    }
    static bool accepts(oid column) noexcept { return column == oid::json || column == oid::jsonb; }
    static boost::json::value decode(std::string_view bytes, oid column) {
        auto const text = column == oid::jsonb ? detail::decode_jsonb(bytes) : bytes;
        boost::json::parse_options options;
        options.max_depth = 256;
        detail::be_precise(options);
        boost::json::error_code failed;
        auto value = boost::json::parse(
            {text.data(), text.size()}, failed, boost::json::storage_ptr{}, options);
        if (failed == boost::json::error::too_deep ||
            failed == boost::json::error::exponent_overflow)
            throw error{errc::value_out_of_range,
                        "value out of range: a JSON document: " + failed.message()};
        if (failed)
            throw error{errc::protocol_error, "malformed value: JSON: " + failed.message()};
        detail::check_finite(value);
        return value;
    }
};

} // namespace copg
