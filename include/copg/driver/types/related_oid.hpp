// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/oid.hpp>

#include <array>

namespace copg::detail {

struct oid_pair {
    oid part;
    oid whole;
};

inline constexpr std::array element_and_array{
    oid_pair{oid::boolean, oid::boolean_array},
    oid_pair{oid::bytea, oid::bytea_array},
    oid_pair{oid::char_, oid::char_array},
    oid_pair{oid::name, oid::name_array},
    oid_pair{oid::int8, oid::int8_array},
    oid_pair{oid::int2, oid::int2_array},
    oid_pair{oid::int2, oid::int2vector},
    oid_pair{oid::int4, oid::int4_array},
    oid_pair{oid::text, oid::text_array},
    oid_pair{oid::oid, oid::oid_array},
    oid_pair{oid::oid, oid::oidvector},
    oid_pair{oid::json, oid::json_array},
    oid_pair{oid::xml, oid::xml_array},
    oid_pair{oid::cidr, oid::cidr_array},
    oid_pair{oid::float4, oid::float4_array},
    oid_pair{oid::float8, oid::float8_array},
    oid_pair{oid::macaddr8, oid::macaddr8_array},
    oid_pair{oid::macaddr, oid::macaddr_array},
    oid_pair{oid::inet, oid::inet_array},
    oid_pair{oid::bpchar, oid::bpchar_array},
    oid_pair{oid::varchar, oid::varchar_array},
    oid_pair{oid::date, oid::date_array},
    oid_pair{oid::time, oid::time_array},
    oid_pair{oid::timestamp, oid::timestamp_array},
    oid_pair{oid::timestamptz, oid::timestamptz_array},
    oid_pair{oid::interval, oid::interval_array},
    oid_pair{oid::timetz, oid::timetz_array},
    oid_pair{oid::bit, oid::bit_array},
    oid_pair{oid::varbit, oid::varbit_array},
    oid_pair{oid::numeric, oid::numeric_array},
    oid_pair{oid::record, oid::record_array},
    oid_pair{oid::uuid, oid::uuid_array},
    oid_pair{oid::jsonb, oid::jsonb_array},
    oid_pair{oid::int4range, oid::int4range_array},
    oid_pair{oid::numrange, oid::numrange_array},
    oid_pair{oid::tsrange, oid::tsrange_array},
    oid_pair{oid::tstzrange, oid::tstzrange_array},
    oid_pair{oid::daterange, oid::daterange_array},
    oid_pair{oid::int8range, oid::int8range_array},
    oid_pair{oid::int4multirange, oid::int4multirange_array},
    oid_pair{oid::nummultirange, oid::nummultirange_array},
    oid_pair{oid::tsmultirange, oid::tsmultirange_array},
    oid_pair{oid::tstzmultirange, oid::tstzmultirange_array},
    oid_pair{oid::datemultirange, oid::datemultirange_array},
    oid_pair{oid::int8multirange, oid::int8multirange_array},
};

inline constexpr std::array subtype_and_range{
    oid_pair{oid::int4, oid::int4range},
    oid_pair{oid::int8, oid::int8range},
    oid_pair{oid::numeric, oid::numrange},
    oid_pair{oid::date, oid::daterange},
    oid_pair{oid::timestamp, oid::tsrange},
    oid_pair{oid::timestamptz, oid::tstzrange},
};

inline constexpr std::array range_and_multirange{
    oid_pair{oid::int4range, oid::int4multirange},
    oid_pair{oid::int8range, oid::int8multirange},
    oid_pair{oid::numrange, oid::nummultirange},
    oid_pair{oid::daterange, oid::datemultirange},
    oid_pair{oid::tsrange, oid::tsmultirange},
    oid_pair{oid::tstzrange, oid::tstzmultirange},
};

/// The built-in type that is made of `part`, or unspecified.
template <class Pairs>
constexpr oid whole_of(Pairs const& pairs, oid part) noexcept {
    for (auto const& pair : pairs)
        if (pair.part == part)
            return pair.whole;
    return oid::unspecified;
}

/// What the built-in type `whole` is made of, or unspecified.
template <class Pairs>
constexpr oid part_of(Pairs const& pairs, oid whole) noexcept {
    for (auto const& pair : pairs)
        if (pair.whole == whole)
            return pair.part;
    return oid::unspecified;
}

} // namespace copg::detail
