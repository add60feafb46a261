// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/health_status.hpp>
#include <copg/manager/target.hpp>
#include <copg/pool/pool_statistics.hpp>
#include <copg/scope/database.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace copg {

namespace detail {
class registration;
}

/// What a manager knows under a name, as it was when it was asked for: a value. Thread-safe.
class COPG_API named_connection {
public:
    std::string_view name() const noexcept;
    database_type type() const noexcept;
    std::map<std::string, std::string> const& tags() const noexcept;

    /// What was set. Holds the password.
    target where() const;

    /// The handle that runs statements; as manager::named.
    /// @throws error errc::not_sql_database for MongoDB; errc::unsupported_database for any other
    ///         type but postgres; errc::manager_closed if its pool has not been made before
    database db() const;

    /// copg has no access to MongoDB. @throws error errc::unsupported_database; errc::not_mongodb
    /// when the connection is of another type
    [[noreturn]] void mongodb() const;

    /// Of its pool, once that has been made.
    std::optional<pool_statistics> statistics() const;

    /// Of its pool, once that has been made.
    std::optional<health_status> health() const;

    /// For copg's own layers.
    explicit named_connection(std::shared_ptr<detail::registration const> entry) noexcept
        : entry_{std::move(entry)} {}

private:
    std::shared_ptr<detail::registration const> entry_;
};

} // namespace copg
