// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/pool/pool_options.hpp>

#include <optional>
#include <string>

namespace copg {

/// Where a tenant or a name leads. Passed to functions that do not wait, so that it can be written
/// as `{.dsn = "…", .schema = "…"}` with every compiler.
struct target {
    std::string dsn;
    std::string schema = {}; ///< empty: what the server and the DSN say
    std::string role = {};   ///< empty: the DSN's user

    /// For the pool, should this target be the first to need it; the manager's default otherwise.
    std::optional<pool_options> pool = std::nullopt;
};

} // namespace copg
