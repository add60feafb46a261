// SPDX-License-Identifier: BSL-1.0
// What a modelled pool decides, and when.
#include "simulation/world.hpp"

#include <algorithm>
#include <utility>

namespace copg::test {

bool modelled_pool::settle(pool_time now) {
    auto const fired = timer_ && *timer_ <= now;
    if (!touched_ && !asked_ && !reclaim_ && !fired)
        return false;
    if (fired)
        timer_.reset();
    touched_ = asked_ = false;
    auto const reclaims = std::exchange(reclaim_, false);
    if (reclaims)
        core_.reclaim();
    decide(now);
    if (reclaims)
        member_->reclaim_ended();
    return true;
}

void modelled_pool::decide(pool_time now) {
    core_.tick(now);
    while (auto* const waiter = core_.next_expired(now)) {
        require(*waiter->deadline <= now, "a waiter expired early");
        leave(waiter, false);
        ++counted_.timed_out;
    }
    grant_some(now);
    close_some(now);
    refuse_deadlocked(now);
    while (auto* const slot = core_.next_to_check(now)) {
        checking_.push_back(slot);
        ++counted_.checks;
    }
    while (auto* const slot = core_.next_to_report(now)) {
        require(reported_.insert(slot).second, "one use was reported twice");
        require(now - slot->since >= core_.options().leak_threshold, "an early report");
        ++counted_.reports;
    }
    connect_some(now);
    shut_ = core_.gate().shut(now);
    arm_timer();
}

void modelled_pool::close_some(pool_time now) {
    for (auto due = core_.next_to_close(now); due.slot != nullptr; due = core_.next_to_close(now)) {
        require(due.reason != close_reason::idle ||
                    core_.connected_count() - closing_.size() > core_.options().minimum,
                "the minimum was not kept");
        closing_.push_back(due);
    }
}

void modelled_pool::grant_some(pool_time now) {
    while (auto* const waiter = core_.next_granted(now)) {
        auto* const slot = waiter->granted;
        auto const scope = waiter->scope;
        require(slot->last_session == waiter->wanted, "a grant for another session");
        leave(waiter, true);
        ++counted_.after_wait;
        borrow(slot, scope, now);
    }
}

void modelled_pool::connect_some(pool_time now) {
    if (closed_)
        return;
    auto due = core_.connects_due(now);
    for (auto left = due; left > 0; --left)
        connecting_.push_back(core_.generation());
    auto const now_idle = core_.statistics(now).idle; // those that are old may have successors
    auto const standing = core_.connected_count();
    auto const missing = std::max(core_.options().minimum, standing + servable() + now_idle);
    require(due == 0 || standing + connecting_.size() <= missing, "a connect for nobody");
}

void modelled_pool::arm_timer() {
    auto const next = core_.next_event();
    if (!closed_ && next && (!timer_ || *next < *timer_))
        timer_ = next;
}

} // namespace copg::test
