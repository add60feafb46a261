// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <string_view>

namespace copg {

/// What is known of a pool's server.
enum class health_state {
    unknown,      ///< not checked yet
    healthy,      ///< the last check succeeded
    degraded,     ///< it answers, but not as it should: slow, no room for a connection, or the last
                  ///< check failed and those before did not
    unhealthy,    ///< several checks in a row failed
    disconnected, ///< the pool is closed
};

/// The name: "healthy".
COPG_API std::string_view to_string(health_state state) noexcept;

} // namespace copg
