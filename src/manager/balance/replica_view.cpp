// SPDX-License-Identifier: BSL-1.0
#include "manager/balance/replica_view.hpp"

#include <algorithm>

namespace copg {
namespace detail {
namespace {

constexpr std::size_t failures_of_the_unhealthy = 2;

} // namespace

void replica_view::answered(node_role role, std::optional<std::chrono::milliseconds> lag) {
    std::lock_guard const lock{mutex_};
    checked_ = true;
    failures_ = 0;
    role_ = role;
    lag_ = lag;
    if (lag_) // clocks differ
        lag_ = std::max(*lag_, std::chrono::milliseconds{0});
}

void replica_view::failed(std::string why) {
    std::lock_guard const lock{mutex_};
    last_error_ = std::move(why);
    if (++failures_ < failures_of_the_unhealthy)
        return;
    role_ = node_role::unknown;
    lag_.reset();
}

void replica_view::closed() {
    std::lock_guard const lock{mutex_};
    closed_ = true;
}

bool replica_view::takes_writes() const {
    std::lock_guard const lock{mutex_};
    return role_ == node_role::primary && failures_ == 0;
}

health_state replica_view::for_reads() const {
    std::lock_guard const lock{mutex_};
    return serves_reads() ? health() : health_state::unhealthy;
}

replica_status replica_view::status() const {
    std::lock_guard const lock{mutex_};
    replica_status now;
    now.role = role_;
    now.health = health();
    now.lag = lag_;
    now.serves_reads = serves_reads();
    now.last_error = last_error_;
    return now;
}

bool replica_view::is_late() const {
    return role_ == node_role::standby && maximum_lag_ && (!lag_ || *lag_ > *maximum_lag_);
}

// One check that failed may be the check's fault: a statement finds out by itself.
bool replica_view::serves_reads() const {
    return !closed_ && role_ == node_role::standby && !is_late();
}

health_state replica_view::health() const {
    if (closed_)
        return health_state::disconnected;
    if (failures_ >= failures_of_the_unhealthy)
        return health_state::unhealthy;
    if (failures_ > 0 || is_late())
        return health_state::degraded;
    return checked_ ? health_state::healthy : health_state::unknown;
}

} // namespace detail

std::string_view to_string(node_role role) noexcept {
    switch (role) {
    case node_role::unknown:
        return "unknown";
    case node_role::primary:
        return "primary";
    case node_role::standby:
        return "standby";
    }
    return "unknown";
}

} // namespace copg
