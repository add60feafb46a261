// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/dsn.hpp>

#include <cstdint>

namespace copg {

/// Composes a connection string from its parts, of which each can hold any character but NUL.
///
///     auto const target = copg::dsn_builder{}.host("db").user("app").password("p@ss:/?").build();
class COPG_API dsn_builder {
public:
    dsn_builder() = default;

    /// Begins with what the text of this one gives.
    explicit dsn_builder(dsn const& base);

    dsn_builder& host(std::string_view value) { return set("host", value); }
    dsn_builder& port(std::uint16_t value) { return set("port", std::to_string(value)); }
    dsn_builder& database(std::string_view value) { return set("dbname", value); }
    dsn_builder& user(std::string_view value) { return set("user", value); }
    dsn_builder& password(std::string_view value) { return set("password", value); }
    dsn_builder& sslmode(std::string_view value) { return set("sslmode", value); }

    /// A keyword of libpq, a parameter of the pool or a setting of the server; replaces the one
    /// that is there.
    dsn_builder& set(std::string_view name, std::string_view value);

    /// The same where nothing is given yet, whatever the environment says.
    dsn_builder& set_default(std::string_view name, std::string_view value);

    /// @throws error errc::invalid_dsn when there is no such parameter, or a text holds NUL
    dsn build() const;

private:
    std::map<std::string, std::string, std::less<>> parameters_;
};

} // namespace copg
