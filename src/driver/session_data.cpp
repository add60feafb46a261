// SPDX-License-Identifier: BSL-1.0
#include "driver/session_data.hpp"

#include <boost/container_hash/hash.hpp>

#include <fmt/format.h>

#include <iterator>

namespace copg::detail {
namespace {

// pg_temp comes last by name: unnamed, it is searched first, and a temporary table would shadow.
std::optional<std::string> search_path(std::vector<std::string> const& schemas) {
    if (schemas.empty())
        return std::nullopt;
    return fmt::format("{}, pg_temp", fmt::join(schemas, ", "));
}

std::string quote_literal(std::string_view text) {
    std::string quoted{'\''};
    for (char const c : text) {
        if (c == '\'')
            quoted += '\'';
        quoted += c;
    }
    return quoted += '\'';
}

std::string set_config_list(std::vector<session_setting> const& settings, bool local) {
    std::string sql = "select ";
    for (std::size_t i = 0; i < settings.size(); ++i)
        fmt::format_to(std::back_inserter(sql),
                       "{}set_config({}, ${}, {})",
                       i == 0 ? "" : ", ",
                       quote_literal(settings[i].name),
                       i + 1,
                       local);
    return sql;
}

std::string with_schema_checks(std::string sql, std::size_t parameters, std::size_t schemas) {
    for (std::size_t i = 1; i <= schemas; ++i)
        fmt::format_to(std::back_inserter(sql), ", ${}::text::regnamespace", parameters + i);
    return sql;
}

} // namespace

void session_data::finish() {
    settings.clear();
    settings.push_back({"search_path", search_path(schemas)});
    settings.push_back({"role", role.value_or("none")});
    settings.push_back({tenant_setting, tenant});
    for (auto const& [name, value] : extra)
        settings.push_back({name, value});

    prelude_sql = set_config_list(settings, true);
    checking_sql = with_schema_checks(prelude_sql, settings.size(), schemas.size());

    hash = 0;
    for (auto const& setting : settings) {
        boost::hash_combine(hash, setting.name);
        boost::hash_combine(hash, setting.value.value_or(""));
    }
    schemas_hash = boost::hash_range(schemas.begin(), schemas.end());
}

std::string session_data::session_wide_sql() const {
    return with_schema_checks(set_config_list(settings, false), settings.size(), schemas.size());
}

std::string session_data::undo_sql() const {
    std::string sql = "select set_config('role', 'none', false)";
    for (auto const& setting : settings)
        if (setting.name != "role")
            sql += ", set_config(" + quote_literal(setting.name) + ", null, false)";
    return sql;
}

} // namespace copg::detail
