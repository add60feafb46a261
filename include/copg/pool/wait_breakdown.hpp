// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <chrono>
#include <string>

namespace copg {

/// How the time of waiting for a connection was spent. The parts add up to the total.
struct COPG_API wait_breakdown {
    std::chrono::nanoseconds total{};
    std::chrono::nanoseconds in_use{};         ///< all connections were in use
    std::chrono::nanoseconds connecting{};     ///< connections were being made
    std::chrono::nanoseconds unreachable{};    ///< between two attempts to connect, after a failure
    std::chrono::nanoseconds closing{};        ///< connections were rolled back, checked or closed
    std::chrono::nanoseconds paused{};         ///< the pool was paused
    std::chrono::nanoseconds tenant_maximum{}; ///< the tenant used its most connections

    wait_breakdown& operator+=(wait_breakdown const& other) noexcept;

    /// The parts that are not zero: `12 ms all in use, 3 ms connecting`.
    std::string describe() const;

    friend bool operator==(wait_breakdown const&, wait_breakdown const&) = default;
};

} // namespace copg
