// SPDX-License-Identifier: BSL-1.0
#include "driver/session_data.hpp"

#include <copg/base/error.hpp>
#include <copg/base/identifier.hpp>
#include <copg/driver/session.hpp>

#include <fmt/format.h>

namespace copg {
namespace {

constexpr std::size_t longest_identifier = 63; // NAMEDATALEN - 1

void check_text(std::string_view text, char const* what) {
    if (text.find('\0') != std::string_view::npos)
        throw error{errc::invalid_session, fmt::format("a {} cannot hold a NUL character", what)};
}

std::string checked(std::string_view text, char const* what) {
    check_text(text, what);
    return std::string{text};
}

void check_schema(std::string_view schema) {
    if (schema.size() > longest_identifier)
        throw error{errc::invalid_session,
                    fmt::format("the schema name \"{}\" has {} bytes, PostgreSQL cuts it at {}",
                                schema,
                                schema.size(),
                                longest_identifier)};
}

std::string quoted_schema(std::string_view schema) {
    check_schema(schema);
    return quote_identifier(schema);
}

detail::session_data copy_of(detail::session_data const* data) {
    return data == nullptr ? detail::session_data{} : *data;
}

std::shared_ptr<detail::session_data const> share(detail::session_data&& data) {
    data.finish();
    return std::make_shared<detail::session_data const>(std::move(data));
}

} // namespace

session::session() noexcept = default;

session::session(std::shared_ptr<detail::session_data const> data) noexcept
    : data_{std::move(data)} {}

session::session(std::string_view schema) {
    if (schema.empty())
        return;
    detail::session_data data;
    data.schemas.push_back(quoted_schema(schema));
    data.first_schema = schema;
    data_ = share(std::move(data));
}

session session::with_schemas(std::vector<std::string> const& schemas) const {
    auto data = copy_of(data_.get());
    data.schemas.clear();
    for (auto const& schema : schemas)
        data.schemas.push_back(quoted_schema(schema));
    data.first_schema = schemas.empty() ? std::string{} : schemas.front();
    return session{share(std::move(data))};
}

session session::with_tenant(std::string_view id, std::string_view setting) const {
    auto data = copy_of(data_.get());
    data.tenant = checked(id, "tenant id");
    data.tenant_setting = checked(setting, "setting name");
    return session{share(std::move(data))};
}

session session::with_role(std::string_view role) const {
    auto data = copy_of(data_.get());
    data.role = checked(role, "role");
    return session{share(std::move(data))};
}

session session::with_setting(std::string_view name, std::string_view value) const {
    auto data = copy_of(data_.get());
    data.extra[checked(name, "setting name")] = checked(value, "setting value");
    return session{share(std::move(data))};
}

session session::of(std::string_view schema,
                    std::optional<std::string_view> tenant,
                    std::string_view role,
                    std::map<std::string, std::string> const& settings) {
    if (schema.empty() && !tenant && role.empty() && settings.empty())
        return {};
    detail::session_data data;
    if (!schema.empty()) {
        data.schemas.push_back(quoted_schema(schema));
        data.first_schema = schema;
    }
    if (tenant)
        data.tenant = checked(*tenant, "tenant id");
    if (!role.empty())
        data.role = checked(role, "role");
    for (auto const& [name, value] : settings)
        data.extra[checked(name, "setting name")] = checked(value, "setting value");
    return session{share(std::move(data))};
}

void session::check(std::string_view schema, std::string_view tenant, std::string_view role) {
    check_text(schema, "schema name");
    check_schema(schema);
    check_text(tenant, "tenant id");
    check_text(role, "role");
}

std::string_view session::fairness_key() const noexcept {
    if (empty())
        return {};
    return data_->tenant ? *data_->tenant : data_->first_schema;
}

std::string session::describe() const {
    if (empty())
        return "no session";
    std::string text;
    auto const add = [&text](std::string const& part) {
        text += (text.empty() ? "" : ", ") + part;
    };
    for (auto const& schema : data_->schemas)
        add("schema " + schema);
    if (data_->tenant)
        add(fmt::format("tenant \"{}\"", *data_->tenant));
    if (data_->role)
        add(fmt::format("role \"{}\"", *data_->role));
    for (auto const& [name, value] : data_->extra)
        add(fmt::format("{} = \"{}\"", name, value));
    return text;
}

bool operator==(session const& a, session const& b) noexcept {
    if (a.data_ == b.data_)
        return true;
    if (a.empty() || b.empty())
        return false;
    return a.data_->hash == b.data_->hash && a.data_->settings == b.data_->settings;
}

} // namespace copg
