// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <cstdint>
#include <string>

namespace copg {

/// A PostgreSQL type, by its object identifier (catalogue pg_type; fixed for built-in types).
enum class oid : std::uint32_t {
    unspecified = 0, ///< as a parameter type: the server infers it
    boolean = 16,
    bytea = 17,
    char_ = 18,
    name = 19,
    int8 = 20,
    int2 = 21,
    int2vector = 22,
    int4 = 23,
    text = 25,
    oid = 26,
    oidvector = 30,
    json = 114,
    xml = 142,
    xml_array = 143,
    json_array = 199,
    cidr = 650,
    cidr_array = 651,
    float4 = 700,
    float8 = 701,
    unknown = 705,
    macaddr8 = 774,
    macaddr8_array = 775,
    money = 790,
    macaddr = 829,
    inet = 869,
    boolean_array = 1000,
    bytea_array = 1001,
    char_array = 1002,
    name_array = 1003,
    int2_array = 1005,
    int4_array = 1007,
    text_array = 1009,
    bpchar_array = 1014,
    varchar_array = 1015,
    int8_array = 1016,
    float4_array = 1021,
    float8_array = 1022,
    oid_array = 1028,
    macaddr_array = 1040,
    inet_array = 1041,
    bpchar = 1042,
    varchar = 1043,
    date = 1082,
    time = 1083,
    timestamp = 1114,
    timestamp_array = 1115,
    date_array = 1182,
    time_array = 1183,
    timestamptz = 1184,
    timestamptz_array = 1185,
    interval = 1186,
    interval_array = 1187,
    numeric_array = 1231,
    timetz = 1266,
    timetz_array = 1270,
    bit = 1560,
    bit_array = 1561,
    varbit = 1562,
    varbit_array = 1563,
    numeric = 1700,
    record = 2249,
    void_ = 2278,
    record_array = 2287,
    uuid = 2950,
    uuid_array = 2951,
    jsonb = 3802,
    jsonb_array = 3807,
    int4range = 3904,
    int4range_array = 3905,
    numrange = 3906,
    numrange_array = 3907,
    tsrange = 3908,
    tsrange_array = 3909,
    tstzrange = 3910,
    tstzrange_array = 3911,
    daterange = 3912,
    daterange_array = 3913,
    int8range = 3926,
    int8range_array = 3927,
    int4multirange = 4451,
    nummultirange = 4532,
    tsmultirange = 4533,
    tstzmultirange = 4534,
    datemultirange = 4535,
    int8multirange = 4536,
    int4multirange_array = 6150,
    nummultirange_array = 6151,
    tsmultirange_array = 6152,
    tstzmultirange_array = 6153,
    datemultirange_array = 6155,
    int8multirange_array = 6157,
};

/// The type's name as SQL writes it, or `type 12345`.
COPG_API std::string to_string(oid type);

/// Whether a type was made by CREATE TYPE, CREATE DOMAIN or an extension: what it is cannot be told
/// from its number.
constexpr bool is_user_defined(oid type) noexcept {
    constexpr std::uint32_t first = 16384; // FirstNormalObjectId, src/include/access/transam.h
    return static_cast<std::uint32_t>(type) >= first;
}

} // namespace copg
