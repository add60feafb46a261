// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/dsn.hpp>
#include <copg/pool/pool_options.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace copg {

/// What a connection string says to the pool, read: counts as numbers, times as parse_duration
/// reads them.
struct pool_parameters {
    pool_parameters() = default;

    std::optional<std::size_t> minimum;      ///< the greater of pool_min_conns, pool_min_idle_conns
    std::optional<std::size_t> maximum;      ///< pool_max_conns, at least 1
    std::optional<std::size_t> maximum_idle; ///< pool_max_idle_conns
    std::optional<std::chrono::milliseconds> lifetime; ///< pool_max_conn_lifetime
    /// pool_max_conn_lifetime_jitter: what is added to the lifetime at most
    std::optional<std::chrono::milliseconds> lifetime_jitter;
    std::optional<std::chrono::milliseconds> idle_time;       ///< pool_max_conn_idle_time
    std::optional<std::chrono::milliseconds> health_interval; ///< pool_health_check_period

    /// Reads them. pool_ping_timeout is checked and has no effect: a sign of life has a time limit
    /// of its own.
    /// @param problems  gets a sentence for each parameter that makes no sense, beginning with its
    ///                  name; what makes no sense is not set
    COPG_API static pool_parameters of(dsn const& target, std::vector<std::string>& problems);

    /// Puts what is set in the place of what is there. Sizes and times that are not set and
    /// contradict one that is are fitted to it: a maximum of 1 lowers a minimum of 2.
    COPG_API void apply(pool_options& options) const;

private:
    void fit_others(pool_options& options) const;
};

/// Options in whose place the connection string's own parameters have been put.
/// @throws error errc::invalid_configuration naming every parameter that makes no sense
COPG_API pool_options with_pool_parameters(pool_options options, dsn const& target);

} // namespace copg
