// SPDX-License-Identifier: BSL-1.0
// What pool_core decides as time passes.
#include "pool/core.hpp"

#include <algorithm>
#include <utility>

namespace copg::detail {

using namespace std::chrono_literals;

namespace {

pool_time::duration half_of(pool_time::duration whole) noexcept {
    return whole / 2; // of nanoseconds: half a millisecond is not none
}

bool has_come(std::optional<pool_time> const& at, pool_time now) noexcept {
    return at && *at <= now;
}

std::optional<pool_time> earlier_of(std::optional<pool_time> a,
                                    std::optional<pool_time> b) noexcept {
    return a && b ? std::min(*a, *b) : a ? a : b;
}

} // namespace

/// There are connections: what looks after them begins.
void pool_core::set_off(pool_time now) noexcept {
    if (window_.is_on() && !quarter_at_)
        quarter_at_ = now + window_.quarter();
    if (options_.health_interval.count() > 0 && !check_at_)
        check_at_ = now + half_of(options_.health_interval);
    if (options_.leak_threshold.count() > 0 && !report_at_)
        report_at_ = now + half_of(options_.leak_threshold);
}

void pool_core::schedule(pool_slot& slot, pool_time at) noexcept {
    unschedule(slot);
    slot.due_at = at;
    due_.insert(slot);
}

void pool_core::unschedule(pool_slot& slot) noexcept {
    if (slot.due_hook.is_linked())
        due_.erase(due_.iterator_to(slot));
}

void pool_core::tick(pool_time now) noexcept {
    note_cause(now);
    count_soon(now);
    while (!due_.empty() && due_.begin()->due_at <= now)
        slot_is_due(*due_.begin(), now);
    if (has_come(quarter_at_, now)) {
        surplus_ = window_.next_quarter(idle_.size());
        quarter_at_ = now + window_.quarter();
    }
    if (has_come(check_at_, now)) {
        checking_ = true;
        check_at_ = now + half_of(options_.health_interval);
    }
    if (has_come(report_at_, now)) {
        reporting_ = true;
        report_at_ = now + half_of(options_.leak_threshold);
    }
}

void pool_core::slot_is_due(pool_slot& slot, pool_time now) noexcept {
    if (slot.age == pool_slot::life::young) { // its successor is made ahead, if it needs one
        slot.age = pool_slot::life::due;
        schedule(slot, slot.expires_at);
        slot.succession = !may_shrink() || idle_.size() <= 1;
        replacing_ += slot.succession ? 1 : 0;
    } else if (no_successor(now)) { // no successor can be had now
        schedule(slot, now + std::max<pool_time::duration>(options_.retry.maximum_delay, 1s));
    } else {
        retire(slot);
    }
}

void pool_core::retire(pool_slot& slot) noexcept {
    slot.age = pool_slot::life::retired;
    end_succession(slot);
    unschedule(slot);
    sweeping_ = true;
}

void pool_core::end_succession(pool_slot& slot) noexcept {
    replacing_ -= std::exchange(slot.succession, false) ? 1 : 0;
}

pool_core::closing
pool_core::start_to_close(pool_slot& slot, close_reason reason, pool_time now) noexcept {
    take_out(slot);
    slot.now = pool_slot::state::closing;
    slot.since = slot.closing_since = now;
    ++closing_;
    return {&slot, doom(slot, reason)};
}

pool_core::closing pool_core::next_to_close(pool_time now) noexcept {
    if (sweeping_) {
        closing found;
        idle_.for_each([&](pool_slot& slot) {
            if (found.slot != nullptr)
                return;
            if (auto const reason = reason_to_close(slot, now))
                found = start_to_close(slot, *reason, now);
        });
        if (found.slot != nullptr)
            return found;
        sweeping_ = false;
    }
    if (queue_.eligible() == 0 && idle_.size() > options_.maximum_idle.value_or(idle_.size()))
        return start_to_close(*idle_.oldest(), close_reason::maximum_idle, now);
    if (surplus_ > 0 && may_shrink() && !idle_.empty()) {
        --surplus_;
        return start_to_close(*idle_.oldest(), close_reason::idle, now);
    }
    surplus_ = 0;
    if (std::exchange(reclaims_, false) && !idle_.empty() && budget_->yields())
        return start_to_close(*idle_.oldest(), close_reason::budget, now);
    return {};
}

pool_slot* pool_core::next_to_check(pool_time now) noexcept {
    if (!checking_ || closed_ || checks_ > idle_.size() / 4) // most stay available
        return nullptr;
    pool_slot* found = nullptr;
    idle_.for_each([&](pool_slot& slot) {
        if (slot.last_sign + options_.health_interval <= now &&
            (found == nullptr || slot.last_sign < found->last_sign))
            found = &slot;
    });
    if (found == nullptr) {
        checking_ = false;
        return nullptr;
    }
    idle_.remove(*found); // and not noted by the window: it is not needed by anybody
    tell_budget();
    found->now = pool_slot::state::closing;
    found->closing_since = now;
    ++closing_;
    ++checks_;
    ++counters_.checks;
    return found;
}

std::optional<close_reason> pool_core::check_ended(pool_slot& slot, pool_time now) noexcept {
    --checks_;
    slot.last_sign = now;
    if (auto const reason = reason_to_close(slot, now))
        return doom(slot, *reason);
    --closing_;
    slot.now = pool_slot::state::idle; // as long unused as before
    idle_.add_back(slot);
    tell_budget();
    return std::nullopt;
}

void pool_core::check_failed(pool_slot& slot) noexcept {
    --checks_;
    doom(slot, close_reason::unusable);
}

pool_slot* pool_core::next_to_report(pool_time now) noexcept {
    if (!reporting_)
        return nullptr;
    for (auto& slot : slots_) {
        if (slot.now != pool_slot::state::in_use || slot.reported ||
            now - slot.since < options_.leak_threshold)
            continue;
        slot.reported = true;
        ++counters_.long_leases;
        return &slot;
    }
    reporting_ = false;
    return nullptr;
}

std::optional<pool_time> pool_core::next_event() const noexcept {
    std::optional<pool_time> next;
    if (!deadlines_.empty())
        next = deadlines_.begin()->deadline;
    if (queue_.eligible() > 0)
        next = earlier_of(next, soon_until_);
    if (connecting_ == 0 && needs_connections()) {
        for (auto const& at : {gate_.retry_at(), background_at_})
            if (at && *at > asked_at_) // else the budget says when
                next = earlier_of(next, at);
    }
    if (!due_.empty())
        next = earlier_of(next, due_.begin()->due_at);
    if (slots_.empty())
        return next;
    if (may_shrink())
        next = earlier_of(next, quarter_at_);
    next = earlier_of(next, check_at_); // also while none is idle: release() alone arms no timer
    return earlier_of(next, report_at_);
}

void pool_core::resize(std::size_t minimum, std::size_t maximum) {
    idle_.resize(maximum);
    options_.minimum = minimum;
    options_.maximum = maximum;
    sweeping_ = true;
}

void pool_core::pause(bool paused, pool_time now) noexcept {
    paused_ = paused;
    note_cause(now);
}

std::uint64_t pool_core::refresh() noexcept {
    gate_.forget();
    sweeping_ = true;
    return ++generation_;
}

void pool_core::close() noexcept {
    closed_ = true;
    sweeping_ = true;
}

} // namespace copg::detail
