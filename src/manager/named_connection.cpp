// SPDX-License-Identifier: BSL-1.0
#include "manager/registration.hpp"

#include <copg/base/error.hpp>
#include <copg/manager/named_connection.hpp>

#include <fmt/format.h>

namespace copg {

std::string_view named_connection::name() const noexcept {
    return entry_->id();
}

database_type named_connection::type() const noexcept {
    return entry_->type();
}

std::map<std::string, std::string> const& named_connection::tags() const noexcept {
    static std::map<std::string, std::string> const none;
    return entry_->details() == nullptr ? none : entry_->details()->tags;
}

target named_connection::where() const {
    return entry_->make_target();
}

database named_connection::db() const {
    return entry_->open(scope_key::kind::named);
}

void named_connection::mongodb() const {
    if (type() == database_type::mongodb)
        throw error{errc::unsupported_database,
                    fmt::format("\"{}\": copg has no access to MongoDB", name())};
    throw error{errc::not_mongodb,
                fmt::format("\"{}\" is a {} database", name(), to_string(type()))};
}

std::optional<pool_statistics> named_connection::statistics() const {
    if (entry_->leads_to() == nullptr)
        return std::nullopt;
    auto const made = entry_->leads_to()->leads_to->made();
    return made ? std::optional{made->statistics()} : std::nullopt;
}

std::optional<health_status> named_connection::health() const {
    if (entry_->leads_to() == nullptr)
        return std::nullopt;
    auto const watched = entry_->leads_to()->leads_to->health();
    return watched ? std::optional{watched->status()} : std::nullopt;
}

} // namespace copg
