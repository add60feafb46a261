// SPDX-License-Identifier: BSL-1.0
#include "config/keys.hpp"

#include <algorithm>
#include <array>

namespace copg::config::detail {
namespace {

constexpr unsigned in_both = in_dbpool | in_connection;
constexpr unsigned everywhere = in_both | in_manager;

// clang-format off: a table
std::vector<key> make_keys() {
    using d = definition;
    using p = pool_settings;
    using m = manager_settings;
    return {
        {"type", {}, in_connection, &d::type, "", "postgres",
            {"postgres", "mysql", "sqlite", "mssql", "mongodb", "scylla"}},
        {"name", {}, in_connection, {}, "", "", {}},
        {"dsn", {}, in_both, &d::dsn, "", "", {}},
        {"host", {}, in_both, &d::host, "", "", {}},
        {"port", {}, in_both, &d::port, "5432", "5432", {}},
        {"database", {"dbname"}, in_both, &d::database, "", "", {}},
        {"user", {"username"}, in_both, &d::user, "", "", {}},
        {"password", {}, in_both, &d::password, "", "", {}},
        {"sslmode", {"ssl_mode"}, in_both, &d::sslmode, "disable", "disable",
            {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}},
        {"schema", {}, in_both, &d::schema, "public", "", {}},
        {"rls_context", {"rls"}, in_both, &d::rls_context, "", "", {}},
        {"min_conns", {"min_cons", "min_connections", "min_open_conns"}, everywhere, &p::minimum,
            "2", "0", {}},
        {"max_conns", {"max_open_conns", "max_cons", "max_connections"}, everywhere, &p::maximum,
            "10", "25", {}},
        {"max_idle_conns", {}, everywhere, &p::maximum_idle, "", "5", {}},
        {"max_lifetime", {"conn_max_lifetime", "max_conn_lifetime"}, everywhere, &p::lifetime,
            "1h", "30m", {}},
        {"max_idle_time", {"conn_max_idle_time", "max_conn_idle_time"}, everywhere, &p::idle_time,
            "30m", "5m", {}},
        {"health_check_interval", {"health_interval"}, everywhere, &p::health_interval,
            "1m", "30s", {}},
        {"connect_timeout", {}, in_both, &p::connect_timeout, "", "10s", {}},
        {"query_timeout", {}, in_both, &p::query_timeout, "", "30s", {}},
        {"tags", {}, in_both, &d::tags, "", "", {}},
        {"enable_tracing", {}, in_connection, &d::enable_tracing, "", "false", {}},
        {"enable_metrics", {"metrics_enabled"}, in_connection, &d::enable_metrics, "", "false", {}},
        {"enable_logging", {}, in_connection, &d::enable_logging, "", "false", {}},
        {"default_orm", {}, in_connection, &d::default_orm, "", "bun",
            {"bun", "gorm", "native", "mapped", "rows"}},
        {"filepath", {}, in_connection, &d::filepath, "", "", {}},
        {"auth_source", {}, in_connection, &d::auth_source, "", "", {}},
        {"replica_set", {}, in_connection, &d::replica_set, "", "", {}},
        {"read_preference", {}, in_connection, &d::read_preference, "", "",
            {"primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"}},
        {"default_connection", {}, in_manager, &m::default_connection, "", "", {}},
        {"connections", {}, in_manager, {}, "", "", {}},
        {"retry_attempts", {"max_retries"}, in_manager, &m::retry_attempts, "", "3", {}},
        {"retry_delay", {"retry_interval"}, in_manager, &m::retry_delay, "", "1s", {}},
        {"retry_max_delay", {}, in_manager, &m::retry_max_delay, "", "10s", {}},
        {"enable_auto_reconnect", {}, in_manager, &m::enable_auto_reconnect, "", "true", {}},
    };
}
// clang-format on

struct type_name {
    template <class Owner>
    std::string_view operator()(optional_member<Owner, std::string>) const {
        return "text";
    }
    std::string_view operator()(std::string manager_settings::*) const { return "text"; }
    std::string_view operator()(std::monostate) const { return "text"; }
    std::string_view operator()(database_type definition::*) const { return "text"; }
    std::string_view operator()(optional_member<definition, std::uint16_t>) const { return "port"; }
    std::string_view operator()(optional_member<definition, bool>) const { return "boolean"; }
    std::string_view operator()(bool manager_settings::*) const { return "boolean"; }
    std::string_view operator()(optional_member<pool_settings, std::size_t>) const {
        return "number";
    }
    std::string_view operator()(std::size_t manager_settings::*) const { return "number"; }
    std::string_view operator()(optional_member<pool_settings, std::chrono::milliseconds>) const {
        return "duration";
    }
    std::string_view operator()(std::chrono::milliseconds manager_settings::*) const {
        return "duration";
    }
    std::string_view operator()(std::map<std::string, std::string> definition::*) const {
        return "mapping";
    }
};

} // namespace

std::string_view key::type() const {
    return name == "connections" ? "mapping" : std::visit(type_name{}, into);
}

std::span<key const> keys() {
    static auto const all = make_keys();
    return all;
}

std::string underscored(std::string_view written) {
    std::string name{written};
    std::ranges::replace(name, '-', '_');
    return name;
}

key const* find_key(std::string_view written, unsigned place) {
    auto const name = underscored(written);
    for (auto const& known : keys())
        if ((known.places & place) != 0 &&
            (known.name == name || std::ranges::count(known.aliases, name) > 0))
            return &known;
    return nullptr;
}

std::vector<std::string_view> names_at(unsigned place) {
    std::vector<std::string_view> names;
    for (auto const& known : keys())
        if ((known.places & place) != 0) {
            names.push_back(known.name);
            names.insert(names.end(), known.aliases.begin(), known.aliases.end());
        }
    return names;
}

std::optional<database_type> type_of(std::string_view name) {
    using enum database_type;
    if (name == "postgresql")
        return postgres;
    for (auto const type : {postgres, mysql, sqlite, mssql, mongodb, scylla})
        if (name == to_string(type))
            return type;
    return std::nullopt;
}

} // namespace copg::config::detail
