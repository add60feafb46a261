// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/database_type.hpp>
#include <copg/pool/pool_options.hpp>

#include <map>
#include <optional>
#include <string>

namespace copg {

/// Where a tenant, a name or an identifier leads. What sets one does not wait, so that it can be
/// written as `{.dsn = "…", .schema = "…"}`.
struct target {
    std::string dsn;
    std::string schema = {}; ///< empty: what the server and the DSN say
    std::string role = {};   ///< empty: the DSN's user

    /// Further settings of every statement, such as those that row security policies read; not
    /// those that schema, role and, of a tenant, the id say.
    std::map<std::string, std::string> settings = {};

    /// For manager::find().
    std::map<std::string, std::string> tags = {};

    /// For the pool, should this target be the first to need it; the manager's otherwise. What the
    /// DSN itself says of the pool comes first. A target with hooks of its own, which can change
    /// where connections lead, shares its pool with nobody, and is a new one each time it is set.
    std::optional<pool_options> pool = std::nullopt;

    /// Of another type nothing but the tags counts: the name is known, and its use an error.
    database_type type = database_type::postgres;
};

/// A target for a function that is awaited: a variable, read before the function returns. GCC 12
/// destroys an aggregate that is made inside an awaiting expression twice; it cannot be made there.
class target_ref {
public:
    target_ref(target const& where) noexcept : where_{&where} {}
    target_ref(target&&) = delete;

    target const& operator*() const noexcept { return *where_; }

private:
    target const* where_;
};

} // namespace copg
