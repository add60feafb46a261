// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/health_state.hpp>
#include <copg/scope/database.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>

namespace copg {

/// One of several databases that work is spread over.
class COPG_API balanced_member {
public:
    /// Its pool tells whether it is healthy: not while it has no connection and the last attempt to
    /// make one failed, nor when it is closed. A pool that is left out for that is tried in the
    /// background, as long as the set is used, and is back with the first connection.
    /// @param weight  its share, from 1 to 1,000,000
    /// @throws error errc::invalid_configuration
    balanced_member(copg::database target, std::size_t weight = 1);

    /// @param health  asked at every choice, from any thread, at times from several at once: must
    ///                be quick and not wait; unhealthy and disconnected leave the member out, and
    ///                so does an exception. What makes it healthy again is the caller's business.
    balanced_member(copg::database target,
                    std::size_t weight,
                    std::function<health_state()> health);

    copg::database const& database() const noexcept { return database_; }
    std::size_t weight() const noexcept { return weight_; }
    std::function<health_state()> const& health() const noexcept { return health_; }

private:
    copg::database database_;
    std::size_t weight_;
    std::function<health_state()> health_;
};

/// What became of a member so far.
struct balanced_member_statistics {
    std::uint64_t picks = 0;     ///< how often it was chosen, by next() and by operations
    std::uint64_t passed_on = 0; ///< of these, operations that got no connection from it
    health_state health = health_state::unknown; ///< now
    std::size_t load = 0;                        ///< now: connections in use and waiters
};

} // namespace copg
