// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/replica_status.hpp>

#include <mutex>

namespace copg::detail {

/// What the checks of a node come to: its role, health and lag, and whether reads go there. Without
/// I/O or clock. Thread-safe.
class replica_view {
public:
    explicit replica_view(std::optional<std::chrono::milliseconds> maximum_lag)
        : maximum_lag_{maximum_lag} {}

    void answered(node_role role, std::optional<std::chrono::milliseconds> lag);
    void failed(std::string why);
    void closed();

    /// Whether it was the primary when it was last asked, and answered then.
    bool takes_writes() const;
    /// For the choice among the standbys: unhealthy unless reads go there.
    health_state for_reads() const;
    /// All but the dsn.
    replica_status status() const;

private:
    bool is_late() const;
    bool serves_reads() const;
    health_state health() const;

    std::optional<std::chrono::milliseconds> const maximum_lag_;
    mutable std::mutex mutex_; // guards all below
    node_role role_ = node_role::unknown;
    std::optional<std::chrono::milliseconds> lag_;
    std::string last_error_;
    std::size_t failures_ = 0; // in a row
    bool checked_ = false;
    bool closed_ = false;
};

} // namespace copg::detail
