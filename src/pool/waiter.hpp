// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/slot.hpp"
#include "pool/wait_clock.hpp"

#include <optional>

namespace copg::detail {

/// An acquire that waits. States: queued; granted (`granted` is set); refused (taken out by
/// next_expired, next_refused or withdraw). It leaves the queue exactly once.
struct pool_waiter {
    session wanted;
    std::source_location where;
    bool holds_connection = false; // of this pool already, in its transaction scope: it comes first
    std::optional<pool_time> deadline;

    pool_slot* granted = nullptr;
    pool_tenant* tenant = nullptr;
    pool_time since{};
    wait_times marks{}; // of the clock when the wait began
    boost::intrusive::list_member_hook<> queue_hook;
    boost::intrusive::list_member_hook<> arrival_hook;
    boost::intrusive::set_member_hook<> deadline_hook;

    bool queued() const noexcept { return queue_hook.is_linked(); }
};

} // namespace copg::detail
