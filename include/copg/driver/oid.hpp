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
    int4 = 23,
    text = 25,
    oid = 26,
    json = 114,
    xml = 142,
    float4 = 700,
    float8 = 701,
    unknown = 705,
    bpchar = 1042,
    varchar = 1043,
    date = 1082,
    timestamp = 1114,
    timestamptz = 1184,
    numeric = 1700,
    void_ = 2278,
    uuid = 2950,
    jsonb = 3802,
};

/// The type's name as SQL writes it, or `type 12345`.
COPG_API std::string to_string(oid type);

} // namespace copg
