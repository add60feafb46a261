// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/request_statistics.hpp>
#include <copg/pool/close_reason.hpp>
#include <copg/pool/wait_breakdown.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace copg {

/// A consistent snapshot of a pool: open = idle + in_use + connecting + closing. What is not said
/// to be of now has been counted since the pool was made.
struct pool_statistics {
    // Now.
    std::size_t open = 0;
    std::size_t idle = 0;
    std::size_t in_use = 0;
    std::size_t connecting = 0;      ///< attempts under way
    std::size_t closing = 0;         ///< being rolled back, checked, in a hook, or closed
    std::size_t waiting = 0;         ///< coroutines that wait for a connection
    std::size_t waiting_tenants = 0; ///< tenants that they wait for, and those served of late
    std::size_t minimum = 0;
    std::size_t maximum = 0;
    std::chrono::nanoseconds longest_wait_now{};
    std::size_t connect_failures_in_a_row = 0;

    // Acquires.
    std::uint64_t acquired = 0; ///< leases handed out
    std::uint64_t acquired_after_wait = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t queue_full = 0;
    std::uint64_t nested_refused = 0;  ///< errc::nested_acquire, instead of a dead-lock
    std::uint64_t refused = 0;         ///< since the pool closed, or the server refuses for good
    wait_breakdown waited;             ///< of those who got a connection after a wait
    wait_breakdown waited_for_nothing; ///< of all others who waited
    std::chrono::nanoseconds longest_wait{};
    std::array<std::uint64_t, 32> waits{}; ///< that took at least 2^n and less than 2^(n+1) µs; the
                                           ///< first from 0
    std::chrono::nanoseconds held{};       ///< by leases that were given back; to some milliseconds
    std::uint64_t long_leases = 0;         ///< held for longer than the leak threshold
    std::uint64_t transactions_left_open = 0; ///< leases given back with one

    // Connections.
    std::uint64_t connected = 0; ///< made
    std::uint64_t connects_failed = 0;
    std::array<std::uint64_t, close_reasons> closed_by{};
    std::uint64_t checks = 0; ///< signs of life that were asked for

    // What went over them, those of closed connections included.
    request_statistics requests;
    std::uint64_t round_trips = 0;

    std::uint64_t closed(close_reason reason) const noexcept {
        return closed_by[static_cast<std::size_t>(reason)];
    }
};

} // namespace copg
