// SPDX-License-Identifier: BSL-1.0
// Acquires inside of transaction scopes, whose connections are not given back before they end.
#include "pool/pool_impl.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace copg::detail {
namespace {

/// What the innermost scope around a waiter holds, of those that hold something; one must.
pool_slot const& held_around(pool_waiter const& waiter, std::list<pool_slot> const& slots) {
    auto found = slots.end();
    for (auto around = waiter.inside.begin(); found == slots.end(); ++around)
        found = std::find_if(slots.begin(), slots.end(), [&around](pool_slot const& slot) {
            return slot.held_by == around->id;
        });
    return *found;
}

} // namespace

void acquire_operation::look_around(context_node const* innermost) {
    using hold = context_entry::hold;
    for (auto const* node = innermost; node != nullptr; node = node->parent()) {
        auto const* const entry = node->entry().get();
        if (entry == nullptr || entry->id() == scope)
            continue;
        auto const held = entry->holds(&pool);
        if (held == hold::none)
            continue;
        inside.emplace_back(entry->id());
        holds_connection = holds_connection || held == hold::certain;
    }
}

/// Whoever came last goes, until somebody can go on.
void pool_impl::refuse_deadlocked(decisions& due, time now) {
    while (auto* const waiter = core_.next_deadlocked(now))
        refuse(due, *waiter, nested_error(*waiter, now));
}

std::exception_ptr pool_impl::nested_error(pool_waiter const& waiter, time now) const {
    acquire_error::details why{core_.last_wait(), last_connect_failure_, longest_leases(now, 3)};
    auto text = fmt::format(
        "nested acquire at {}, inside of the transaction scope that took its connection at {}: "
        "each connection of the pool ({}) is held by a scope that waits for another one; use that "
        "scope's database handle instead, or raise the pool's maximum",
        describe(waiter.where),
        describe(held_around(waiter, core_.slots()).where),
        core_.slots().size());
    text += describe(why);
    return std::make_exception_ptr(acquire_error{errc::nested_acquire, text, std::move(why)});
}

} // namespace copg::detail
