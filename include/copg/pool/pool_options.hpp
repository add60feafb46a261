// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>
#include <copg/driver/reset_policy.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace copg {

/// How many connections a pool holds and how long it makes callers wait.
struct COPG_API pool_options {
    pool_options() = default;

    /// Connections kept open in the background; 0 by default.
    std::size_t minimum = 0;

    /// Most connections open at any time, those being made included; at least 1, 10 by default.
    std::size_t maximum = 10;

    /// Most connections being made at the same time; at least 1, 4 by default.
    std::size_t connect_concurrency = 4;

    /// Upper bound of the wait for a connection; 30 s by default, 0 for no bound.
    std::chrono::milliseconds acquire_timeout{30'000};

    /// First wait after a failed connect; doubled at each further failure. 100 ms by default.
    std::chrono::milliseconds retry_delay{100};

    /// Longest wait between two attempts to connect; 5 s by default.
    std::chrono::milliseconds retry_delay_maximum{5'000};

    /// When what a borrower left behind is removed.
    reset_policy reset = reset_policy::standard;

    /// All that is wrong, one sentence each; empty when nothing is.
    std::vector<std::string> problems() const;

    /// The same options. @throws error errc::invalid_configuration naming every problem
    pool_options const& checked() const;
};

} // namespace copg
