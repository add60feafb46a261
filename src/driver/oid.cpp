// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/oid.hpp>
#include <copg/driver/types/related_oid.hpp>

#include <fmt/format.h>

namespace copg {
namespace {

struct named_oid {
    oid type;
    char const* name;
};

constexpr named_oid names[] = {
    {oid::unspecified, "unspecified"},
    {oid::boolean, "boolean"},
    {oid::bytea, "bytea"},
    {oid::char_, "\"char\""},
    {oid::name, "name"},
    {oid::int8, "bigint"},
    {oid::int2, "smallint"},
    {oid::int2vector, "int2vector"},
    {oid::int4, "integer"},
    {oid::text, "text"},
    {oid::oid, "oid"},
    {oid::oidvector, "oidvector"},
    {oid::json, "json"},
    {oid::xml, "xml"},
    {oid::cidr, "cidr"},
    {oid::float4, "real"},
    {oid::float8, "double precision"},
    {oid::unknown, "unknown"},
    {oid::macaddr8, "macaddr8"},
    {oid::money, "money"},
    {oid::macaddr, "macaddr"},
    {oid::inet, "inet"},
    {oid::bpchar, "character"},
    {oid::varchar, "character varying"},
    {oid::date, "date"},
    {oid::time, "time"},
    {oid::timestamp, "timestamp"},
    {oid::timestamptz, "timestamp with time zone"},
    {oid::interval, "interval"},
    {oid::timetz, "time with time zone"},
    {oid::bit, "bit"},
    {oid::varbit, "bit varying"},
    {oid::numeric, "numeric"},
    {oid::record, "record"},
    {oid::void_, "void"},
    {oid::uuid, "uuid"},
    {oid::jsonb, "jsonb"},
    {oid::int4range, "int4range"},
    {oid::numrange, "numrange"},
    {oid::tsrange, "tsrange"},
    {oid::tstzrange, "tstzrange"},
    {oid::daterange, "daterange"},
    {oid::int8range, "int8range"},
    {oid::int4multirange, "int4multirange"},
    {oid::nummultirange, "nummultirange"},
    {oid::tsmultirange, "tsmultirange"},
    {oid::tstzmultirange, "tstzmultirange"},
    {oid::datemultirange, "datemultirange"},
    {oid::int8multirange, "int8multirange"},
};

} // namespace

std::string to_string(oid type) {
    for (auto const& named : names)
        if (named.type == type)
            return named.name;
    auto const element = detail::part_of(detail::element_and_array, type);
    if (element != oid::unspecified)
        return to_string(element) + "[]";
    return fmt::format("type {}", static_cast<std::uint32_t>(type));
}

} // namespace copg
