// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>
#include <copg/manager/health_state.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace copg {

/// What a node of a replica set is.
enum class node_role {
    unknown, ///< not checked yet, or not to be reached
    primary, ///< takes writes
    standby, ///< follows a primary
};

/// The name: "standby".
COPG_API std::string_view to_string(node_role role) noexcept;

/// What the last check of a node found.
struct replica_status {
    std::string dsn; ///< of this node alone, without its secrets
    node_role role = node_role::unknown;

    /// healthy: it answered; degraded: it did not this time, or it is too far behind; unhealthy: it
    /// did not twice in a row; disconnected: the set is closed.
    health_state health = health_state::unknown;

    /// Of a standby: 0 while it is connected to its primary and has replayed all that came from
    /// there; else the age of the last transaction that it has replayed, which grows while the
    /// primary is away or has nothing to say. By the clocks of both servers. None of a primary, and
    /// of a standby that has replayed none since its start.
    std::optional<std::chrono::milliseconds> lag;

    bool serves_reads = false; ///< whether reads go there
    std::string last_error;    ///< of the last check that failed; kept when later ones succeed
};

} // namespace copg
