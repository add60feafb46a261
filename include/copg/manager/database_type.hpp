// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <string_view>

namespace copg {

/// What a configured database is. Only postgres can be connected to.
enum class database_type { postgres, mysql, sqlite, mssql, mongodb, scylla };

/// The name: "postgres".
COPG_API std::string_view to_string(database_type type) noexcept;

} // namespace copg
