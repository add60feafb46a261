// SPDX-License-Identifier: BSL-1.0
// What must hold of a modelled pool.
#include "simulation/world.hpp"

#include <algorithm>

namespace copg::test {

std::size_t modelled_pool::maximum_of(session const& tenant) const {
    auto const& options = core_.options();
    auto const own = options.tenant_maxima.find(tenant.fairness_key());
    return own != options.tenant_maxima.end() ? own->second : options.tenant_maximum;
}

std::size_t modelled_pool::used_by(session const& tenant) const {
    return static_cast<std::size_t>(
        std::count_if(borrowed_.begin(), borrowed_.end(), [&](auto const* slot) {
            return slot->last_session == tenant;
        }));
}

/// How many of those who wait could be served together.
std::size_t modelled_pool::servable() const {
    std::size_t count = 0;
    for (auto const& tenant : sessions_) {
        auto const waiting = static_cast<std::size_t>(
            std::count_if(waiting_.begin(), waiting_.end(), [&](auto const& waiter) {
                return waiter->wanted == tenant;
            }));
        auto const maximum = maximum_of(tenant);
        auto const room = maximum == 0 ? waiting : maximum - used_by(tenant);
        count += std::min(waiting, room);
    }
    return count;
}

void modelled_pool::borrow(pool_slot* slot, std::uint64_t scope, pool_time now) {
    auto const among = [slot](std::vector<pool_slot*> const& some) {
        return std::find(some.begin(), some.end(), slot) != some.end();
    };
    require(!among(borrowed_), "a double grant");
    require(!among(cleaning_) && !among(checking_), "a grant of what the pool itself uses");
    require(slot->generation == core_.generation(), "a grant of an old generation");
    require(now - 50ms < slot->expires_at || now < failed_at_ + 2s, "a grant after its lifetime");
    require(!core_.is_paused() && !closed_, "a grant while paused or closed");
    borrowed_.push_back(slot);
    holders_[slot] = scope;
    ++counted_.acquired;
    auto const maximum = maximum_of(slot->last_session);
    require(maximum == 0 || used_by(slot->last_session) <= maximum, "a tenant above its maximum");
}

void modelled_pool::leave(pool_waiter* waiter, bool granted) {
    auto const found = std::find_if(
        waiting_.begin(), waiting_.end(), [&](auto const& w) { return w.get() == waiter; });
    require(found != waiting_.end(), "a waiter left twice");
    auto const before = [&](auto const& earlier) {
        return earlier->wanted == waiter->wanted &&
               earlier->holds_connection >= waiter->holds_connection;
    };
    require(!granted || std::none_of(waiting_.begin(), found, before),
            "a waiter overtook another of its tenant");
    require(core_.last_wait() == (*found)->model, "how a wait was spent");
    waiting_.erase(found);
}

/// On whose account a waiter waits now.
std::chrono::nanoseconds& modelled_pool::part_of(guest& waiter) const {
    auto& parts = waiter.model;
    auto const maximum = maximum_of(waiter.wanted);
    if (maximum != 0 && used_by(waiter.wanted) >= maximum)
        return parts.tenant_maximum;
    if (core_.is_paused())
        return parts.paused;
    if (!connecting_.empty())
        return parts.connecting;
    auto const standing = core_.connected_count();
    if (shut_ && standing < core_.options().maximum)
        return parts.unreachable;
    auto const busy = cleaning_.size() + checking_.size() + closing_.size();
    return standing > 0 && busy == standing ? parts.closing : parts.in_use;
}

void modelled_pool::pass(pool_time::duration time) {
    for (auto const& waiter : waiting_) {
        part_of(*waiter) += time;
        waiter->model.total += time;
    }
}

void modelled_pool::check(pool_time time) const {
    auto const now = core_.statistics(time);
    require(now.open == now.idle + now.in_use + now.connecting + now.closing, "the sum of states");
    require(now.connecting == connecting_.size(), "connecting");
    require(now.in_use == borrowed_.size(), "in use");
    require(now.closing == cleaning_.size() + checking_.size() + closing_.size(), "closing");
    require(now.waiting == waiting_.size(), "waiting");
    check_counts(now);
    check_connects(now, time);
    check_idle(now, time);
    require(last_of_a_dead_lock() == nullptr, "a dead-lock");
}

void modelled_pool::check_counts(pool_statistics const& now) const {
    require(now.acquired == counted_.acquired, "the count of acquires");
    require(now.acquired_after_wait == counted_.after_wait, "the count of waits");
    require(now.timed_out == counted_.timed_out, "the count of timeouts");
    require(now.cancelled == counted_.cancelled, "the count of cancellations");
    require(now.queue_full == counted_.queue_full, "the count of full queues");
    require(now.nested_refused == counted_.nested_refused, "the count of nested acquires");
    require(now.refused == counted_.refused, "the count of refusals");
    require(now.checks == counted_.checks, "the count of checks");
    require(now.long_leases == counted_.reports, "the count of reports");
    std::uint64_t closed = 0;
    for (auto const count : now.closed_by)
        closed += count;
    require(closed == counted_.closed, "the count of closed connections");
}

void modelled_pool::check_connects(pool_statistics const& now, pool_time time) const {
    auto const& options = core_.options();
    require(now.connecting <= options.connect_concurrency, "too many connects at once");
    if (closed_ || now.connecting > 0 || core_.gate().shut(time) || member_ != nullptr)
        return;
    require(core_.connected_count() >= options.minimum, "nobody fills the minimum");
    auto const soon = cleaning_.size() + checking_.size(); // will serve somebody, too
    auto const stuck = !core_.is_paused() && servable() > soon;
    require(!stuck || now.open >= options.maximum, "nobody connects for a waiter");
}

void modelled_pool::check_idle(pool_statistics const& now, pool_time time) const {
    auto const& options = core_.options();
    require(!closed_ || now.idle == 0, "an idle connection of a closed pool");
    require(now.idle == 0 || core_.is_paused() || servable() == 0, "a waiter beside an idle one");
    if (options.maximum_idle && servable() == 0 && !core_.is_paused())
        require(now.idle <= *options.maximum_idle, "too many are idle");
    for (auto const& slot : core_.slots()) {
        if (slot.now != pool_slot::state::idle)
            continue;
        require(slot.generation == core_.generation(), "an old one is idle");
        require(time - 50ms < slot.expires_at || time < failed_at_ + 2s, "an expired one is idle");
        auto const late = time - slot.last_sign > options.health_interval * 3 / 2 + 50ms;
        require(options.health_interval.count() == 0 || !late || !checking_.empty(),
                "no sign of life was asked for");
    }
}

std::size_t modelled_pool::yielding() const {
    return static_cast<std::size_t>(
        std::count_if(closing_.begin(), closing_.end(), [](auto const& one) {
            return one.reason == close_reason::budget;
        }));
}

bool modelled_pool::has_idle_to_spare() const {
    return core_.statistics({}).idle > 0 && open() - yielding() > core_.options().budget_minimum;
}

} // namespace copg::test
