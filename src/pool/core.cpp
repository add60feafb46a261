// SPDX-License-Identifier: BSL-1.0
#include "pool/core.hpp"

#include <algorithm>
#include <utility>

namespace copg::detail {

pool_core::pool_core(pool_options const& options, unsigned seed, budget_account* budget)
    : options_{options},
      idle_{options.maximum},
      queue_{options_},
      gate_{options.retry, options.connect_concurrency, seed},
      budget_{budget},
      random_{seed},
      window_{options.idle_time.value_or(
          options.lifetime.count() > 0
              ? std::min<std::chrono::milliseconds>(std::chrono::minutes{30}, options.lifetime)
              : std::chrono::minutes{30})} {}

pool_core::~pool_core() {
    deadlines_.clear();
    due_.clear();
}

pool_slot* pool_core::take(session const& wanted,
                           std::source_location const& where,
                           pool_time now,
                           std::uint64_t scope) {
    if (idle_.empty() || queue_.eligible() > 0 || paused_ || closed_)
        return nullptr;
    pool_tenant* tenant = nullptr;
    if (queue_.charges()) {
        tenant = &queue_.tenant_of(wanted);
        if (tenant->at_maximum())
            return nullptr;
    }
    auto& slot = idle_.take(wanted);
    begin_use(slot, wanted, where, scope, tenant, now);
    return &slot;
}

void pool_core::begin_use(pool_slot& slot,
                          session const& wanted,
                          std::source_location const& where,
                          std::uint64_t scope,
                          pool_tenant* tenant,
                          pool_time now) noexcept {
    slot.now = pool_slot::state::in_use;
    slot.used = true;
    slot.since = now;
    if (slot.last_session.data() != wanted.data()) // a copy counts, across threads
        slot.last_session = wanted;
    slot.where = where;
    slot.held_by = scope;
    scope_held_ += scope != 0 ? 1 : 0;
    slot.reported = false;
    if (tenant != nullptr) {
        slot.charged = tenant;
        queue_.charge(*tenant, clock_.read(now));
    }
    note_idle();
    ++counters_.acquired;
}

/// The idle connections are others than before.
void pool_core::note_idle() noexcept {
    window_.note(idle_.size());
    tell_budget();
}

/// An idle connection goes, unused.
void pool_core::take_out(pool_slot& slot) noexcept {
    idle_.remove(slot);
    window_.one_less();
    note_idle();
}

void pool_core::tell_budget() noexcept {
    if (budget_ == nullptr)
        return;
    auto const* const oldest = idle_.oldest();
    auto const is_needed = queue_.eligible() > 0 && !paused_; // by whoever waits here
    budget_->note_idle(oldest == nullptr || is_needed ? std::nullopt
                                                      : std::optional{oldest->since});
}

void pool_core::end_use(pool_slot& slot, pool_time now) noexcept {
    counters_.held += std::max(pool_time::duration::zero(), now - slot.since);
    scope_held_ -= std::exchange(slot.held_by, 0) != 0 ? 1 : 0;
    if (auto* const tenant = std::exchange(slot.charged, nullptr))
        queue_.discharge(*tenant, clock_.read(now));
}

std::optional<close_reason>
pool_core::release(pool_slot& slot, bool clean, pool_time now) noexcept {
    if (slot.now == pool_slot::state::in_use)
        start_closing(slot, now);
    slot.clean = clean;
    slot.last_sign = now;
    if (auto const reason = reason_to_close(slot, now))
        return doom(slot, *reason);
    auto const has_waiters = queue_.eligible() > 0;
    auto const owed = has_waiters && !slot.used; // else pools would pass it on, and nobody use it
    if (budget_ != nullptr && !owed && budget_->must_yield(has_waiters))
        return doom(slot, close_reason::budget);
    --closing_;
    slot.now = pool_slot::state::idle;
    slot.since = now;
    if (queue_.eligible() == 0 && slot.turn != nullptr)
        queue_.end_turn(slot);
    idle_.add(slot);
    note_idle();
    return std::nullopt;
}

close_reason pool_core::doom(pool_slot& slot, close_reason reason) noexcept {
    slot.doomed = true;
    ++doomed_;
    end_succession(slot);
    unschedule(slot);
    return reason;
}

std::optional<close_reason> pool_core::reason_to_close(pool_slot const& slot,
                                                       pool_time now) const noexcept {
    if (closed_)
        return close_reason::pool_closed;
    if (slot.generation != generation_)
        return close_reason::refreshed;
    if (slot.age == pool_slot::life::retired ||
        (now >= slot.expires_at && !no_successor(now))) // else it may be the last one for long
        return close_reason::lifetime;
    if (lasting() > options_.maximum)
        return close_reason::resized;
    if (options_.maximum_idle && slot.now != pool_slot::state::idle && queue_.eligible() == 0 &&
        idle_staying(now) >= *options_.maximum_idle)
        return close_reason::maximum_idle;
    return std::nullopt;
}

/// Whether a connection that went could not be had again: attempts fail, and if none is made, not
/// for want of need.
bool pool_core::no_successor(pool_time now) const noexcept {
    return gate_.failures() > 0 && (gate_.refuses(now) || replacing_ > 0 || needs_connections());
}

/// Idle connections without those that have to go and have not been asked for yet.
std::size_t pool_core::idle_staying(pool_time now) const noexcept {
    auto count = idle_.size();
    if (sweeping_)
        idle_.for_each([&](pool_slot const& slot) { count -= reason_to_close(slot, now) ? 1 : 0; });
    return count;
}

void pool_core::start_closing(pool_slot& slot, pool_time now) noexcept {
    end_use(slot, now);
    slot.now = pool_slot::state::closing;
    slot.since = slot.closing_since = now;
    ++closing_;
}

void pool_core::remove(pool_slot& slot, close_reason reason, pool_time now) noexcept {
    if (slot.idle_hook.is_linked())
        take_out(slot);
    if (slot.now == pool_slot::state::in_use)
        end_use(slot, now);
    if (slot.now == pool_slot::state::closing)
        --closing_;
    if (slot.doomed)
        --doomed_;
    end_succession(slot);
    unschedule(slot);
    queue_.end_turn(slot);
    idle_.leave_seat(slot.seat);
    ++counters_.closed_by[static_cast<std::size_t>(reason)];
    slots_.erase(slot.self);
    if (budget_ != nullptr)
        budget_->give();
}

pool_slot* pool_core::find_idle(connection_impl const* connection) noexcept {
    pool_slot* found = nullptr;
    idle_.for_each([&](pool_slot& slot) {
        if (slot.connection.get() == connection)
            found = &slot;
    });
    return found;
}

pool_statistics pool_core::statistics(pool_time now) const noexcept {
    auto snapshot = counters_;
    snapshot.open = open();
    snapshot.idle = idle_.size();
    snapshot.connecting = connecting_;
    snapshot.closing = closing_;
    snapshot.in_use = in_use();
    snapshot.waiting = queue_.size();
    snapshot.waiting_tenants = queue_.tenants();
    if (auto const* const oldest = queue_.oldest())
        snapshot.longest_wait_now = now - oldest->since;
    snapshot.minimum = options_.minimum;
    snapshot.maximum = options_.maximum;
    snapshot.connect_failures_in_a_row = gate_.failures();
    return snapshot;
}

} // namespace copg::detail
