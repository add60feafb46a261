// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/oid.hpp>

#include <fmt/format.h>

namespace copg {

std::string to_string(oid type) {
    switch (type) {
    case oid::unspecified:
        return "unspecified";
    case oid::boolean:
        return "boolean";
    case oid::bytea:
        return "bytea";
    case oid::char_:
        return "\"char\"";
    case oid::name:
        return "name";
    case oid::int8:
        return "bigint";
    case oid::int2:
        return "smallint";
    case oid::int4:
        return "integer";
    case oid::text:
        return "text";
    case oid::oid:
        return "oid";
    case oid::json:
        return "json";
    case oid::xml:
        return "xml";
    case oid::float4:
        return "real";
    case oid::float8:
        return "double precision";
    case oid::unknown:
        return "unknown";
    case oid::bpchar:
        return "character";
    case oid::varchar:
        return "character varying";
    case oid::date:
        return "date";
    case oid::timestamp:
        return "timestamp";
    case oid::timestamptz:
        return "timestamp with time zone";
    case oid::numeric:
        return "numeric";
    case oid::void_:
        return "void";
    case oid::uuid:
        return "uuid";
    case oid::jsonb:
        return "jsonb";
    }
    return fmt::format("type {}", static_cast<std::uint32_t>(type));
}

} // namespace copg
