// SPDX-License-Identifier: BSL-1.0
#include "driver/dsn_text.hpp"

#include <copg/base/error.hpp>
#include <copg/driver/dsn_builder.hpp>

#include <algorithm>

namespace copg {
namespace {

// What would end a name in a keyword string.
bool can_be_name(std::string_view name) noexcept {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '$';
    });
}

} // namespace

dsn_builder::dsn_builder(dsn const& base) {
    for (auto const* given : {&base.given_, &base.pool_, &base.settings_})
        parameters_.insert(given->begin(), given->end());
}

dsn_builder& dsn_builder::set(std::string_view name, std::string_view value) {
    parameters_.insert_or_assign(std::string{name}, std::string{value});
    return *this;
}

dsn_builder& dsn_builder::set_default(std::string_view name, std::string_view value) {
    parameters_.emplace(name, value);
    return *this;
}

dsn dsn_builder::build() const {
    std::string text;
    for (auto const& [name, value] : parameters_) {
        if (!can_be_name(name))
            throw error{errc::invalid_dsn,
                        "invalid connection string: a parameter's name holds something else than "
                        "letters, digits and _ . $"};
        text.append(name).append("=").append(detail::quote_value(value)) += ' ';
    }
    return dsn{text};
}

} // namespace copg
