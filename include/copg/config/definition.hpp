// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>
#include <copg/base/retry_policy.hpp>
#include <copg/manager/database_type.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace copg::config {

/// Under which root of the file something stands; each has defaults of its own.
enum class section { dbpool_definitions, dbmanager };

using copg::database_type;

/// Sizes and times of a pool, those that are written. An explicit 0 is written, too.
struct pool_settings {
    std::optional<std::size_t> minimum;
    std::optional<std::size_t> maximum; ///< 0: no limit
    std::optional<std::size_t> maximum_idle;
    std::optional<std::chrono::milliseconds> lifetime;        ///< 0: for ever
    std::optional<std::chrono::milliseconds> lifetime_jitter; ///< added to the lifetime at most
    std::optional<std::chrono::milliseconds> idle_time;       ///< 0: for ever
    std::optional<std::chrono::milliseconds> health_interval; ///< 0: never
    std::optional<std::chrono::milliseconds> connect_timeout; ///< 0: none
    std::optional<std::chrono::milliseconds> query_timeout;   ///< 0: none

    friend bool operator==(pool_settings const&, pool_settings const&) = default;
};

/// A database under a name, as it is written; docs/guide/configuration.md says what the keys mean.
/// Holds the password: to print a configuration there is describe().
struct definition {
    std::string name;
    config::section section = config::section::dbpool_definitions;
    database_type type = database_type::postgres;

    std::optional<std::string> dsn;
    std::optional<std::string> host;
    std::optional<std::uint16_t> port;
    std::optional<std::string> database;
    std::optional<std::string> user;
    std::optional<std::string> password;
    std::optional<std::string> sslmode;
    std::optional<std::string> schema;
    std::map<std::string, std::string> rls_context;

    std::optional<std::string> filepath;
    std::optional<std::string> auth_source;
    std::optional<std::string> replica_set;
    std::optional<std::string> read_preference;

    std::optional<std::string> default_orm;
    std::optional<bool> enable_tracing;
    std::optional<bool> enable_metrics;
    std::optional<bool> enable_logging;
    std::map<std::string, std::string> tags;

    pool_settings pool;                ///< written for this one
    pool_settings inherited;           ///< written for all of dbmanager
    std::optional<retry_policy> retry; ///< dbmanager's
};

} // namespace copg::config
