// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace copg {

/// How a pool_health watches its pool.
struct COPG_API health_options {
    health_options() = default;

    /// From the end of one check to the next; 30 s by default, 0: none but those that check() asks
    /// for. The first one comes after half of it to the whole, at random, so that the checks of
    /// many pools do not come together.
    std::chrono::milliseconds interval{30'000};

    /// Upper bound of a check; greater than 0, 5 s by default.
    std::chrono::milliseconds timeout{5'000};

    /// How many checks in a row fail before the pool counts as unhealthy; at least 1, 3 by default.
    std::size_t unhealthy_after = 3;

    /// A check that succeeds, but takes at least so long, makes the pool degraded; 0, the default:
    /// none does.
    std::chrono::milliseconds slow{0};

    /// Whether the pool's connections are replaced, once, when a check succeeds again after an
    /// outage; true by default.
    bool auto_reconnect = true;

    /// All that is wrong, one sentence each; empty when nothing is.
    std::vector<std::string> problems() const;

    /// The same options. @throws error errc::invalid_configuration naming every problem
    health_options const& checked() const;

    friend bool operator==(health_options const&, health_options const&) = default;
};

} // namespace copg
