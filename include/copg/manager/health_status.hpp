// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/health_state.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace copg {

/// What the checks of a pool have found so far.
struct health_status {
    using time = std::chrono::system_clock::time_point;

    health_status() = default;

    health_state state = health_state::unknown;
    std::optional<time> last_check;           ///< when it ended; not set: never
    std::optional<time> last_success;         ///< likewise
    std::chrono::nanoseconds last_duration{}; ///< of the last check
    std::size_t consecutive_failures = 0;     ///< until now; 0 after each answer of the server
    std::uint64_t checks = 0;                 ///< that ended
    std::uint64_t failures = 0;               ///< of those
    std::uint64_t refreshes = 0;              ///< how often the pool's connections were replaced
    std::string last_error; ///< of the last check without success, without secrets; empty: none
};

} // namespace copg
