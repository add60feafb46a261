// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/slot.hpp"
#include "pool/wait_clock.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace copg::detail {

struct pool_waiter;

/// A transaction scope that a waiter is inside of, and that has a connection of the pool or may get
/// one: it keeps that until the wait has ended.
struct enclosing_scope {
    explicit enclosing_scope(std::uint64_t scope) noexcept : id{scope} {}

    std::uint64_t id;
    pool_waiter* waiter = nullptr; // while it is queued; this and the rest belongs to nested_waits
    std::uint64_t arrival = 0;
    boost::intrusive::set_member_hook<> hook;
};

/// An acquire that waits. States: queued; granted (`granted` is set); refused (taken out by
/// next_expired, next_deadlocked, next_refused or withdraw). It leaves the queue exactly once.
struct pool_waiter {
    session wanted;
    std::source_location where;
    std::uint64_t scope = 0;             // that the connection is for; 0: none
    std::vector<enclosing_scope> inside; // innermost first; not changed while it is queued
    bool holds_connection = false;       // one of these scopes has one: it comes first
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
