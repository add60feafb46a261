// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/scope/database.hpp>

#include <memory>

namespace copg::detail {

/// Finds out whether a pool that is left out, and that nobody asks for connections therefore, can
/// make one again. At most one attempt at a time, for a few seconds; the pool's own retry policy
/// says how often the server is tried meanwhile. Holds no handle of the pool between attempts and
/// in them: it does not keep the pool open. Thread-safe.
class pool_probe {
public:
    explicit pool_probe(pool const& target);
    pool_probe(pool_probe const&) = delete;
    pool_probe& operator=(pool_probe const&) = delete;
    ~pool_probe(); ///< ends an attempt that is under way

    /// Starts an attempt, unless one is under way or has just been.
    void start(database const& member);

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace copg::detail
