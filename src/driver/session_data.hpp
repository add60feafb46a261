// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace copg::detail {

/// One set_config call of a prelude; without a value the setting goes back to its default.
struct session_setting {
    std::string name;
    std::optional<std::string> value;

    bool operator==(session_setting const&) const = default;
};

/// The value behind copg::session, in the form that the prelude sends.
struct session_data {
    std::vector<std::string> schemas; ///< quoted identifiers, first looked at first
    std::optional<std::string> tenant;
    std::string tenant_setting = "app.current_tenant";
    std::optional<std::string> role;
    std::map<std::string, std::string> extra;

    // Derived by finish().
    std::vector<session_setting> settings; ///< everything that the prelude sets, in order
    std::string prelude_sql;               ///< select set_config('search_path', $1, true), …
    std::string checking_sql;              ///< the same, and fails with 3F000 on a missing schema
    std::size_t hash = 0;                  ///< of settings
    std::size_t schemas_hash = 0;

    /// Computes what is derived.
    void finish();

    /// The checking prelude in a form that holds until it is undone.
    std::string session_wide_sql() const;

    /// Undoes session_wide_sql(): every setting back to its default; takes no parameters.
    std::string undo_sql() const;
};

} // namespace copg::detail
