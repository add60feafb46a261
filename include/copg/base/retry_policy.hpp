// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace copg {

/// How often something is tried, and how long between two tries.
///
/// The wait after the n-th failure is `delay * multiplier^(n-1)`, at most `maximum_delay`, of which
/// a random part of at most `jitter` is taken off, so that many who failed together do not come
/// back together.
struct COPG_API retry_policy {
    retry_policy() = default;

    /// Most tries, the first one included; 3 by default, 0 for no limit.
    std::size_t attempts = 3;

    /// The wait after the first failure, without jitter; 1 s by default, 0 for none.
    std::chrono::milliseconds delay{1'000};

    /// What the wait grows by at each further failure; at least 1, 2 by default.
    double multiplier = 2;

    /// The longest wait; 10 s by default, not below `delay`.
    std::chrono::milliseconds maximum_delay{10'000};

    /// The part of a wait that is random, from 0 to 1; 0.5 by default.
    double jitter = 0.5;

    /// All that is wrong, one sentence each, each member's name after `prefix`; empty when nothing
    /// is.
    std::vector<std::string> problems(std::string const& prefix = {}) const;

    /// The wait after so many failures. @param random  evenly distributed from 0 to 1
    std::chrono::milliseconds wait_after(std::size_t failures, double random) const noexcept;

    friend bool operator==(retry_policy const&, retry_policy const&) = default;
};

} // namespace copg
