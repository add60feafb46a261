// SPDX-License-Identifier: BSL-1.0
#include "pool/core.hpp"

#include <algorithm>

namespace copg::detail {

pool_core::pool_core(pool_options const& options, unsigned seed)
    : options_{options}, backoff_{options.retry.delay, options.retry.maximum_delay, seed} {}

pool_core::~pool_core() {
    queue_.clear();
    deadlines_.clear();
    idle_.clear();
}

pool_slot* pool_core::take(session const& wanted) noexcept {
    if (idle_.empty() || !queue_.empty())
        return nullptr;
    auto& slot = pick_idle(wanted);
    ++counters_.acquired;
    return &slot;
}

pool_slot& pool_core::pick_idle(session const& wanted) noexcept {
    constexpr int enough = 16; // an affinity worth less than a long search
    auto chosen = idle_.begin();
    int looked_at = 0;
    for (auto it = idle_.begin(); it != idle_.end() && looked_at < enough; ++it, ++looked_at) {
        if (it->last_session == wanted) {
            chosen = it;
            break;
        }
    }
    auto& slot = *chosen;
    idle_.erase(chosen);
    slot.now = pool_slot::state::in_use;
    slot.last_session = wanted;
    return slot;
}

void pool_core::enqueue(pool_waiter& waiter) noexcept {
    queue_.push_back(waiter);
    if (waiter.deadline)
        deadlines_.insert(deadlines_.end(), waiter);
}

void pool_core::take_out(pool_waiter& waiter) noexcept {
    queue_.erase(queue_.iterator_to(waiter));
    if (waiter.deadline_hook.is_linked())
        deadlines_.erase(deadlines_.iterator_to(waiter));
}

bool pool_core::withdraw(pool_waiter& waiter) noexcept {
    if (!waiter.queued())
        return false;
    take_out(waiter);
    ++counters_.cancelled;
    return true;
}

void pool_core::give_back(pool_slot& slot) noexcept {
    if (slot.now == pool_slot::state::closing)
        --closing_;
    slot.now = pool_slot::state::idle;
    idle_.push_front(slot);
}

void pool_core::start_cleaning(pool_slot& slot) noexcept {
    slot.now = pool_slot::state::closing;
    ++closing_;
}

void pool_core::remove(pool_slot& slot) noexcept {
    if (slot.idle_hook.is_linked())
        idle_.erase(idle_.iterator_to(slot));
    if (slot.now == pool_slot::state::closing)
        --closing_;
    ++counters_.lost;
    slots_.erase(slot.self);
}

pool_slot& pool_core::connected(std::shared_ptr<connection_impl> connection) {
    auto& slot = slots_.emplace_back();
    slot.self = std::prev(slots_.end());
    slot.connection = std::move(connection);
    --connecting_;
    ++counters_.connected;
    retry_at_.reset();
    backoff_.reset();
    give_back(slot);
    return slot;
}

void pool_core::connect_failed(pool_time now) noexcept {
    --connecting_;
    ++counters_.connects_failed;
    retry_at_ = now + backoff_.next();
}

void pool_core::connect_abandoned() noexcept {
    --connecting_;
}

pool_waiter* pool_core::next_granted() noexcept {
    if (queue_.empty() || idle_.empty())
        return nullptr;
    auto& waiter = queue_.front();
    take_out(waiter);
    waiter.granted = &pick_idle(waiter.wanted);
    ++counters_.acquired;
    ++counters_.acquired_after_wait;
    return &waiter;
}

std::size_t pool_core::connects_wanted() const noexcept {
    auto const for_minimum =
        options_.minimum > slots_.size() ? options_.minimum - slots_.size() : std::size_t{0};
    // A connection that is being cleaned will serve a waiter too.
    auto const for_waiters = queue_.size() > closing_ ? queue_.size() - closing_ : std::size_t{0};
    auto const room = options_.maximum - std::min(options_.maximum, slots_.size());
    return std::min(room, std::max(for_minimum, for_waiters));
}

std::size_t pool_core::connects_due(pool_time now) noexcept {
    auto at_once = options_.connect_concurrency;
    if (retry_at_) { // one prober until the server answers
        if (now < *retry_at_)
            return 0;
        at_once = 1;
    }
    auto const wanted = std::min(connects_wanted(), at_once);
    auto const due = wanted > connecting_ ? wanted - connecting_ : std::size_t{0};
    connecting_ += due;
    return due;
}

pool_waiter* pool_core::next_expired(pool_time now) noexcept {
    if (deadlines_.empty() || *deadlines_.begin()->deadline > now)
        return nullptr;
    auto& waiter = *deadlines_.begin();
    take_out(waiter);
    ++counters_.timed_out;
    return &waiter;
}

pool_waiter* pool_core::next_refused() noexcept {
    if (queue_.empty())
        return nullptr;
    auto& waiter = queue_.front();
    take_out(waiter);
    return &waiter;
}

std::optional<pool_time> pool_core::next_event() const noexcept {
    std::optional<pool_time> next;
    if (!deadlines_.empty())
        next = deadlines_.begin()->deadline;
    if (retry_at_ && connecting_ == 0 && connects_wanted() > 0)
        next = next ? std::min(*next, *retry_at_) : *retry_at_;
    return next;
}

pool_slot* pool_core::next_idle_to_close() noexcept {
    if (idle_.empty())
        return nullptr;
    auto& slot = idle_.back();
    idle_.pop_back();
    slot.now = pool_slot::state::in_use;
    return &slot;
}

pool_slot* pool_core::find_idle(connection_impl const* connection) noexcept {
    for (auto& slot : idle_)
        if (slot.connection.get() == connection)
            return &slot;
    return nullptr;
}

pool_statistics pool_core::statistics() const noexcept {
    auto snapshot = counters_;
    snapshot.open = open();
    snapshot.idle = idle_.size();
    snapshot.connecting = connecting_;
    snapshot.closing = closing_;
    snapshot.in_use = slots_.size() - idle_.size() - closing_;
    snapshot.waiting = queue_.size();
    snapshot.maximum = options_.maximum;
    return snapshot;
}

} // namespace copg::detail
