// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/prelude_shape.hpp"

#include <cstddef>
#include <map>
#include <memory>
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
    std::string first_schema;         ///< as it was given
    std::optional<std::string> tenant;
    std::string tenant_setting = "app.current_tenant";
    std::optional<std::string> role;
    std::map<std::string, std::string> extra;

    // Derived by finish().
    std::vector<session_setting> settings; ///< everything that the prelude sets, in order
    std::shared_ptr<prelude_shape const> shape;
    std::size_t hash = 0; ///< of settings
    std::size_t schemas_hash = 0;
    std::size_t binding_hash =
        0; ///< of what a statement's analysis depends on: path, role, settings

    /// Computes what is derived.
    void finish();

    /// The checking prelude in a form that holds until it is undone.
    std::string session_wide_sql() const;

    /// Undoes session_wide_sql(): every setting back to its default; takes no parameters.
    std::string undo_sql() const;

private:
    std::vector<std::string> names() const;
};

} // namespace copg::detail
