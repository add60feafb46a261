// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>
#include <copg/pool/pool_statistics.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace copg {

/// A pool's statistics under a name.
struct named_statistics {
    named_statistics() = default;
    named_statistics(std::string pool_name, pool_statistics const& values)
        : name{std::move(pool_name)}, statistics{values} {}

    std::string name;
    pool_statistics statistics;
};

/// What a pool has done between two snapshots of its statistics; names as there.
struct pool_change {
    pool_change() = default;

    /// @param before  of the same pool; what counts less now than then was another one's, and all
    ///                of what is now is new
    COPG_API pool_change(pool_statistics const& now, pool_statistics const& before);

    std::uint64_t acquired = 0;
    std::uint64_t acquired_after_wait = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t queue_full = 0;
    std::uint64_t nested_refused = 0;
    std::uint64_t refused = 0;
    std::uint64_t long_leases = 0;
    std::uint64_t transactions_left_open = 0;
    std::uint64_t connected = 0;
    std::uint64_t connects_failed = 0;
    std::uint64_t checks = 0;
    std::uint64_t statements = 0; ///< that ended, failures included
    std::uint64_t statements_failed = 0;
    std::uint64_t round_trips = 0;
    std::array<std::uint64_t, close_reasons> closed_by{};
    std::chrono::nanoseconds waited{}; ///< by all who waited, in vain or not
    std::chrono::nanoseconds held{};

    /// Connections that went, for whatever reason.
    COPG_API std::uint64_t closed() const noexcept;
};

/// What a monitor tells of one pool.
struct pool_report {
    pool_report() = default;

    std::string name;
    pool_statistics now;
    pool_change change;                 ///< since the last report; of a pool that was not in it,
                                        ///< since the pool was made
    std::chrono::nanoseconds elapsed{}; ///< since the last report, or start()
};

/// One line for people and for log files, without a line feed: "main: open 10, idle 3, in use 7,
/// waiting 0; in 30 s: acquired 120, after a wait 4 (12 ms), …". Counts that seldom are anything
/// but 0 are left out when they are. A new version may say it in other words.
COPG_API std::string describe(pool_report const& report);

} // namespace copg
