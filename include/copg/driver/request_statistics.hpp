// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace copg {

/// What was asked of the server: statements, batches, streams, scripts and COPYs, each from being
/// sent to the end of its answer; those of copg itself (BEGIN, COMMIT, signs of life) included.
struct COPG_API request_statistics {
    std::size_t active = 0;          ///< under way now
    std::uint64_t completed = 0;     ///< came to their end, failed or not
    std::uint64_t failed = 0;        ///< of those: by an error of the server, a loss, a time limit
                                     ///< or a cancellation
    std::chrono::nanoseconds time{}; ///< of the completed ones, added up
    std::array<std::uint64_t, 32> durations{}; ///< that took at least 2^n and less than 2^(n+1) µs;
                                               ///< the first from 0

    void add(std::chrono::nanoseconds duration, bool has_failed) noexcept;
    request_statistics& operator+=(request_statistics const& other) noexcept;
};

/// The place of a duration in a histogram of 32 powers of two of a microsecond.
COPG_API std::size_t duration_bucket(std::chrono::nanoseconds duration) noexcept;

} // namespace copg
