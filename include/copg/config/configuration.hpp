// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/config/definition.hpp>

#include <string_view>
#include <vector>

namespace copg::config {

/// What `dbmanager:` says beside its connections.
struct manager_settings {
    std::string default_connection; ///< empty: none
    std::size_t retry_attempts = 3; ///< 0 and 1: a single try
    std::chrono::milliseconds retry_delay{1'000};
    std::chrono::milliseconds retry_max_delay{10'000};
    std::chrono::milliseconds health_check_interval{30'000};
    bool enable_auto_reconnect = true;

    /// The three retry settings together; the waits double and have copg's usual jitter.
    COPG_API retry_policy retry() const;
};

/// All that was read.
struct configuration {
    manager_settings manager;
    std::vector<definition> definitions; ///< in the order in which they are written

    /// The definition of exactly this name, or null. Lifetime: that of the configuration.
    COPG_API definition const* find(std::string_view name) const noexcept;
};

} // namespace copg::config
