// SPDX-License-Identifier: BSL-1.0
#include "config/read.hpp"

#include <copg/base/duration.hpp>
#include <copg/config/convert.hpp>

#include <fmt/format.h>

namespace copg::config {
namespace {

using std::chrono::milliseconds;

// In double quotes, so that any text is one scalar.
std::string quoted(std::string_view text) {
    std::string made{'"'};
    for (char const c : text) {
        if (c == '"' || c == '\\')
            made += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            made += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
        else
            made += c;
    }
    return made += '"';
}

class writer {
public:
    template <class T>
    void line(std::string_view key, T const& value) {
        text += fmt::format("{:{}}{}: {}\n", "", indent_, key, shown(value));
    }

    template <class T>
    void line(std::string_view key, std::optional<T> const& value) {
        if (value)
            line(key, *value);
    }

    void open(std::string_view key) {
        text += fmt::format("{:{}}{}:\n", "", indent_, key);
        indent_ += 2;
    }
    void close() { indent_ -= 2; }

    void mapping(std::string_view key, std::map<std::string, std::string> const& values) {
        if (values.empty())
            return;
        open(key);
        for (auto const& [name, value] : values)
            line(quoted(name), value);
        close();
    }

    std::string text;

private:
    static std::string shown(std::string const& value) { return quoted(value); }
    static std::string shown(bool value) { return value ? "true" : "false"; }
    static std::string shown(std::size_t value) { return std::to_string(value); }
    static std::string shown(std::uint16_t value) { return std::to_string(value); }
    static std::string shown(milliseconds value) { return format_duration(value); }

    int indent_ = 0;
};

void write_pool(writer& out, definition const& of) {
    auto const pool = pool_options_of(of);
    auto const connect = connect_options_of(of);
    out.line("min_conns", pool.minimum);
    out.line("max_conns", pool.maximum);
    out.line("max_idle_conns", pool.maximum_idle);
    out.line("max_lifetime", pool.lifetime);
    out.line("max_idle_time", pool.idle_time);
    out.line("health_check_interval", pool.health_interval);
    out.line("connect_timeout",
             pool.connect_timeout == milliseconds{0} ? milliseconds{0} : connect.timeout());
    out.line("query_timeout", pool.query_timeout.value_or(connect.query_timeout()));
}

// What copg does not serve is shown as it is written, but for what can hold a password.
void write_fields(writer& out, definition const& of) {
    out.line("host", of.host);
    out.line("port", of.port);
    out.line("database", of.database);
    out.line("user", of.user);
    out.line("filepath", of.filepath);
    out.line("auth_source", of.auth_source);
    out.line("replica_set", of.replica_set);
    out.line("read_preference", of.read_preference);
    if (of.dsn)
        out.line("dsn", std::string{"***"});
}

void write_definition(writer& out, definition const& of) {
    out.open(of.name);
    if (of.section == section::dbmanager)
        out.line("type", std::string{to_string(of.type)});
    if (of.type == database_type::postgres) {
        out.line("dsn", dsn_of(of).redacted());
        out.line("schema", schema_of(of).value_or(""));
        out.mapping("rls_context", of.rls_context);
        write_pool(out, of);
    } else {
        write_fields(out, of);
    }
    out.line("enable_tracing", of.enable_tracing);
    out.line("enable_metrics", of.enable_metrics);
    out.line("enable_logging", of.enable_logging);
    out.line("default_orm", of.default_orm);
    out.mapping("tags", of.tags);
    out.close();
}

void write_manager(writer& out, configuration const& all) {
    out.open("dbmanager");
    if (!all.manager.default_connection.empty())
        out.line("default_connection", all.manager.default_connection);
    out.line("retry_attempts", all.manager.retry_attempts);
    out.line("retry_delay", all.manager.retry_delay);
    out.line("retry_max_delay", all.manager.retry_max_delay);
    out.line("health_check_interval", all.manager.health_check_interval);
    out.line("enable_auto_reconnect", all.manager.enable_auto_reconnect);
    out.open("connections");
    for (auto const& one : all.definitions)
        if (one.section == section::dbmanager)
            write_definition(out, one);
    out.close();
    out.close();
}

bool has(configuration const& all, section which) {
    for (auto const& one : all.definitions)
        if (one.section == which)
            return true;
    return false;
}

} // namespace

std::string describe(configuration const& value) {
    writer out;
    if (has(value, section::dbpool_definitions)) {
        out.open("dbpool-definitions");
        for (auto const& one : value.definitions)
            if (one.section == section::dbpool_definitions)
                write_definition(out, one);
        out.close();
    }
    if (has(value, section::dbmanager))
        write_manager(out, value);
    return out.text;
}

} // namespace copg::config
