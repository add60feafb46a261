// SPDX-License-Identifier: BSL-1.0
#include "manager/registration.hpp"

#include <copg/base/error.hpp>

#include <fmt/format.h>

#include <cstring>
#include <new>

namespace copg::detail {

registration::pointer registration::make(std::string_view id,
                                         std::shared_ptr<route const> leads_to,
                                         std::string_view schema,
                                         std::string_view role,
                                         std::unique_ptr<registration_details const> details) {
    auto* const place =
        ::operator new(sizeof(registration) + id.size() + schema.size() + role.size());
    return pointer{new (place)
                       registration{id, std::move(leads_to), schema, role, std::move(details)}};
}

registration::registration(std::string_view id,
                           std::shared_ptr<route const> leads_to,
                           std::string_view schema,
                           std::string_view role,
                           std::unique_ptr<registration_details const> details) noexcept
    : id_size_{static_cast<std::uint32_t>(id.size())},
      role_size_{static_cast<std::uint32_t>(role.size())},
      schema_size_{static_cast<std::uint32_t>(schema.size())},
      route_{std::move(leads_to)},
      details_{std::move(details)} {
    auto* texts = reinterpret_cast<char*>(this + 1);
    for (auto const part : {id, schema, role})
        texts = std::copy(part.begin(), part.end(), texts);
}

void registration::destroy(registration const* self) noexcept {
    self->~registration();
    ::operator delete(const_cast<registration*>(self));
}

bool registration::same_as(registration const& other) const noexcept {
    auto const same_details = details_ == nullptr || other.details_ == nullptr
                                  ? details_ == other.details_
                                  : *details_ == *other.details_;
    return route_ == other.route_ && schema() == other.schema() && role() == other.role() &&
           same_details;
}

void registration::require_postgres() const {
    if (type() == database_type::mongodb)
        throw error{errc::not_sql_database,
                    fmt::format("\"{}\" is a MongoDB database, which takes no SQL", id())};
    if (route_ == nullptr)
        throw error{errc::unsupported_database,
                    fmt::format("\"{}\" is a {} database, and copg serves postgres only",
                                id(),
                                to_string(type()))};
}

database registration::open(scope_key::kind what) const {
    require_postgres();
    return {route_->leads_to->get(), make_session(what), scope_key{what, std::string{id()}}};
}

session registration::make_session(scope_key::kind what) const {
    if (details_ != nullptr && details_->bound_to)
        return *details_->bound_to;
    static std::map<std::string, std::string> const no_settings;
    auto const tenant = what == scope_key::kind::tenant ? std::optional{id()} : std::nullopt;
    return session::of(
        schema(), tenant, role(), details_ != nullptr ? details_->settings : no_settings);
}

target registration::make_target() const {
    target made;
    if (route_ != nullptr) {
        made.dsn = route_->dsn;
        made.pool = route_->given;
    }
    made.schema = schema();
    made.role = role();
    made.type = type();
    if (details_ != nullptr) {
        made.settings = details_->settings;
        made.tags = details_->tags;
    }
    return made;
}

} // namespace copg::detail
