// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace copg {

/// A consistent snapshot of a pool: open = idle + in_use + connecting + closing.
struct pool_statistics {
    std::size_t open = 0;
    std::size_t idle = 0;
    std::size_t in_use = 0;
    std::size_t connecting = 0; ///< attempts under way
    std::size_t closing = 0;    ///< given back with an open transaction that is being rolled back
    std::size_t waiting = 0;    ///< coroutines that wait for a connection
    std::size_t maximum = 0;

    std::uint64_t acquired = 0; ///< leases handed out
    std::uint64_t acquired_after_wait = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t cancelled = 0;
    std::uint64_t connected = 0; ///< connections made
    std::uint64_t connects_failed = 0;
    std::uint64_t lost = 0;        ///< connections that broke or had to be closed
    std::uint64_t round_trips = 0; ///< of all connections, closed ones included
};

} // namespace copg
