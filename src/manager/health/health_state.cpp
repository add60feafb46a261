// SPDX-License-Identifier: BSL-1.0
#include <copg/manager/health_state.hpp>

namespace copg {

std::string_view to_string(health_state state) noexcept {
    switch (state) {
    case health_state::unknown:
        return "unknown";
    case health_state::healthy:
        return "healthy";
    case health_state::degraded:
        return "degraded";
    case health_state::unhealthy:
        return "unhealthy";
    case health_state::disconnected:
        return "disconnected";
    }
    return "unknown";
}

} // namespace copg
