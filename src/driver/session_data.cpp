// SPDX-License-Identifier: BSL-1.0
#include "driver/session_data.hpp"

#include <boost/container_hash/hash.hpp>

#include <fmt/format.h>

namespace copg::detail {
namespace {

// pg_temp comes last by name: unnamed, it is searched first, and a temporary table would shadow.
std::optional<std::string> search_path(std::vector<std::string> const& schemas) {
    if (schemas.empty())
        return std::nullopt;
    return fmt::format("{}, pg_temp", fmt::join(schemas, ", "));
}

} // namespace

void session_data::finish() {
    settings.clear();
    settings.push_back({"search_path", search_path(schemas)});
    settings.push_back({"role", role.value_or("none")});
    settings.push_back({tenant_setting, tenant});
    for (auto const& [name, value] : extra)
        settings.push_back({name, value});
    shape = prelude_shape::of(names(), schemas.size());

    hash = 0;
    for (auto const& setting : settings) {
        boost::hash_combine(hash, setting.name);
        boost::hash_combine(hash, setting.value.value_or(""));
    }
    schemas_hash = boost::hash_range(schemas.begin(), schemas.end());
    binding_hash = schemas_hash;
    boost::hash_combine(binding_hash, role.value_or(""));
    for (auto const& [name, value] : extra)
        if (name.find('.') == name.npos) { // the server's own: TimeZone decides what a literal is
            boost::hash_combine(binding_hash, name);
            boost::hash_combine(binding_hash, value);
        }
}

std::vector<std::string> session_data::names() const {
    std::vector<std::string> list;
    for (auto const& setting : settings)
        list.push_back(setting.name);
    return list;
}

std::string session_data::session_wide_sql() const {
    return with_schema_checks(set_config_sql(names(), false), settings.size(), schemas.size());
}

std::string session_data::undo_sql() const {
    std::string sql = "select set_config('role', 'none', false)";
    for (auto const& setting : settings)
        if (setting.name != "role")
            sql += ", set_config(" + quote_literal(setting.name) + ", null, false)";
    return sql;
}

} // namespace copg::detail
