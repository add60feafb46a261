// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <string>

namespace copg {

/// By what a transaction scope and the database handles that join it find each other. Names and
/// tenants are separate: the same text may stand in both.
struct scope_key {
    enum class kind { named, tenant, target };

    kind what = kind::named;
    std::string text;

    scope_key() = default;
    scope_key(kind what_, std::string text_) : what{what_}, text{std::move(text_)} {}

    /// For messages: `named pool "main-db"`.
    COPG_API std::string describe() const;

    friend bool operator==(scope_key const&, scope_key const&) = default;
};

} // namespace copg
