// SPDX-License-Identifier: BSL-1.0
// How pool_core deals with those who wait.
#include "pool/core.hpp"

#include <algorithm>

namespace copg::detail {

bool pool_core::enqueue(pool_waiter& waiter, pool_time now) {
    if (options_.wait_queue_limit != 0 && queue_.size() >= options_.wait_queue_limit &&
        !waiter.holds_connection) {
        ++counters_.queue_full;
        return false;
    }
    note_cause(now);
    auto& tenant = queue_.tenant_of(waiter.wanted);
    waiter.since = now;
    waiter.marks = fair_queue::served(tenant, clock_.read(now));
    queue_.push(waiter, tenant);
    nested_.add(waiter);
    if (waiter.deadline)
        deadlines_.insert(deadlines_.end(), waiter);
    return true;
}

bool pool_core::withdraw(pool_waiter& waiter, pool_time now) noexcept {
    if (!waiter.queued())
        return false;
    give_up(waiter, now);
    ++counters_.cancelled;
    return true;
}

pool_waiter* pool_core::next_granted(pool_time now) noexcept {
    if (idle_.empty() || queue_.eligible() == 0 || paused_ || closed_)
        return nullptr;
    auto& slot = idle_.newest();
    auto* const waiter = queue_.next(slot);
    idle_.remove(slot);
    note_cause(now);
    end_wait(*waiter, now, true);
    begin_use(slot,
              waiter->wanted,
              waiter->where,
              waiter->scope,
              queue_.charges() ? waiter->tenant : nullptr,
              now);
    queue_.tidy(*waiter->tenant);
    waiter->granted = &slot;
    ++counters_.acquired_after_wait;
    return waiter;
}

pool_waiter* pool_core::next_expired(pool_time now) noexcept {
    if (deadlines_.empty() || *deadlines_.begin()->deadline > now)
        return nullptr;
    auto& waiter = *deadlines_.begin();
    give_up(waiter, now);
    ++counters_.timed_out;
    return &waiter;
}

pool_waiter* pool_core::next_deadlocked(pool_time now) noexcept {
    if (!may_be_deadlocked())
        return nullptr;
    enclosing_scope const* last = nullptr;
    for (auto const& slot : slots_) {
        auto const* const youngest = nested_.youngest_in(slot.held_by);
        if (youngest == nullptr)
            return nullptr; // this scope goes on, and will give its connection back
        if (last == nullptr || youngest->arrival > last->arrival)
            last = youngest;
    }
    auto& waiter = *last->waiter;
    give_up(waiter, now);
    ++counters_.nested_refused;
    return &waiter;
}

pool_waiter* pool_core::next_refused(pool_time now) noexcept {
    auto* const waiter = queue_.oldest();
    if (waiter == nullptr)
        return nullptr;
    give_up(*waiter, now);
    ++counters_.refused;
    return waiter;
}

/// The waiter is about to leave the queue.
void pool_core::end_wait(pool_waiter& waiter, pool_time now, bool granted) noexcept {
    if (waiter.deadline_hook.is_linked())
        deadlines_.erase(deadlines_.iterator_to(waiter));
    nested_.remove(waiter);
    auto const spent = fair_queue::served(*waiter.tenant, clock_.read(now)) - waiter.marks;
    auto const part = [&spent](wait_cause cause) { return spent[static_cast<std::size_t>(cause)]; };
    last_wait_ = {now - waiter.since,
                  part(wait_cause::in_use),
                  part(wait_cause::connecting),
                  part(wait_cause::unreachable),
                  part(wait_cause::closing),
                  part(wait_cause::paused),
                  {}};
    last_wait_.tenant_maximum = last_wait_.total;
    for (auto const time : spent)
        last_wait_.tenant_maximum -= time;
    (granted ? counters_.waited : counters_.waited_for_nothing) += last_wait_;
    counters_.longest_wait = std::max(counters_.longest_wait, last_wait_.total);
    ++counters_.waits[duration_bucket(last_wait_.total)];
}

/// The waiter leaves the queue without a connection.
void pool_core::give_up(pool_waiter& waiter, pool_time now) noexcept {
    note_cause(now);
    end_wait(waiter, now, false);
    queue_.remove(waiter);
    tell_budget(); // of what it would have got
    if (budget_ != nullptr && connects_urgent() == 0)
        budget_->is_content();
}

wait_cause pool_core::cause(pool_time now) const noexcept {
    if (paused_)
        return wait_cause::paused;
    if (connecting_ > 0)
        return wait_cause::connecting;
    if (gate_.shut(now) && slots_.size() < options_.maximum)
        return wait_cause::unreachable;
    if (closing_ > 0 && closing_ == slots_.size())
        return wait_cause::closing;
    return wait_cause::in_use;
}

void pool_core::note_cause(pool_time now) noexcept {
    clock_.turn(cause(now), now);
}

} // namespace copg::detail
