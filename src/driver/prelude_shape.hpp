// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace copg::detail {

/// The SQL of the preludes that set one list of settings. Sessions that set the same list (every
/// tenant of an application, by and large) share one shape; its values are parameters.
class prelude_shape {
public:
    /// The shape of a list of settings with this many schemas. Thread-safe; made once for each.
    static std::shared_ptr<prelude_shape const> of(std::vector<std::string> const& settings,
                                                   std::size_t schemas);

    /// Only for of().
    prelude_shape(std::vector<std::string> const& settings, std::size_t schemas);

    /// `select set_config('search_path', $1, true), …`. Parameters: a value for each setting, then
    /// the name of each schema if it `checks` (a missing one fails with 3F000), then the statement
    /// timeout in ms if it is `timed`.
    std::string const& sql(bool checks, bool timed) const noexcept {
        return sql_[(checks ? 1U : 0U) + (timed ? 2U : 0U)];
    }

private:
    std::array<std::string, 4> sql_;
};

/// The call that sets the settings, until the end of the transaction if `local`, else until undone.
std::string set_config_sql(std::vector<std::string> const& settings, bool local);

/// Adds a cast for each schema's name, in parameters after the first `parameters`.
std::string with_schema_checks(std::string sql, std::size_t parameters, std::size_t schemas);

std::string quote_literal(std::string_view text);

} // namespace copg::detail
