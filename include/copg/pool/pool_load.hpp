// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace copg {

/// What choosing between pools needs to know of each.
struct pool_load {
    std::size_t in_use = 0;
    std::size_t waiting = 0;  ///< coroutines that wait for a connection
    bool unreachable = false; ///< it has no connection, and the last attempt to make one failed
    bool closed = false;

    std::size_t total() const noexcept { return in_use + waiting; }
};

} // namespace copg
