// SPDX-License-Identifier: BSL-1.0
#include "simulation/virtual_pool.hpp"

#include <algorithm>
#include <utility>

namespace copg::test {

virtual_pool::virtual_pool(pool_options const& options,
                           std::shared_ptr<detail::budget_state> const& budget)
    : share_{budget == nullptr ? nullptr
                               : std::make_unique<detail::budget_member>(
                                     budget,
                                     options.budget_minimum,
                                     detail::budget_member::callbacks{
                                         [this] { after(0ms, [this] { settle(); }); },
                                         [this] { after(0ms, [this] { reclaim(); }); }})},
      core{options.checked(), 1, share_.get()} {}

virtual_pool::~virtual_pool() {
    while (core.next_refused(now) != nullptr) {
    }
}

void virtual_pool::after(duration wait, std::function<void()> what) {
    events_.emplace(now + wait, std::move(what));
}

virtual_pool::caller*
virtual_pool::arrive(session const& wanted, duration use, std::size_t number) {
    auto& made = callers_.emplace_back();
    made.self = std::prev(callers_.end());
    made.wanted = wanted;
    made.number = number;
    made.arrived = now;
    made.use = use;
    if (auto* const slot = core.take(wanted, std::source_location::current(), now)) {
        begin(made, *slot, {});
        return nullptr;
    }
    core.enqueue(made, now);
    settle();
    return &made;
}

void virtual_pool::cancel(caller& waiter) {
    core.withdraw(waiter, now);
    callers_.erase(waiter.self);
}

void virtual_pool::cancel_all_waiting() {
    while (auto* const waiter = core.next_refused(now))
        callers_.erase(static_cast<caller*>(waiter)->self);
}

void virtual_pool::lose_idle() {
    while (auto* const slot = core.find_idle(nullptr))
        close(*slot, close_reason::lost);
    settle();
}

void virtual_pool::close(pool_slot& slot, close_reason reason) {
    if (closed)
        closed(slot, reason);
    core.remove(slot, reason, now);
}

void virtual_pool::reclaim() {
    core.reclaim();
    settle();
    share_->reclaim_ended();
}

void virtual_pool::settle() {
    core.tick(now);
    while (auto* const waiter = core.next_expired(now))
        callers_.erase(static_cast<caller*>(waiter)->self);
    while (auto* const waiter = core.next_granted(now)) {
        auto& user = *static_cast<caller*>(waiter);
        begin(user, *user.granted, now - user.arrived);
    }
    for (auto due = core.next_to_close(now); due.slot != nullptr; due = core.next_to_close(now))
        close(*due.slot, due.reason);
    while (auto* const slot = core.next_to_check(now))
        core.check_ended(*slot, now);
    for (auto due = core.connects_due(now); due > 0; --due)
        connect();
    most_open = std::max(most_open, core.open());
}

void virtual_pool::connect() {
    ++connects;
    most_connecting = std::max(most_connecting, ++connecting_);
    after(connect_time, [this, generation = core.generation(), succeeds = connect_succeeds()] {
        --connecting_;
        if (!succeeds)
            core.connect_failed(now);
        else if (auto& slot = core.connected(nullptr, generation, now);
                 auto const reason = core.release(slot, true, now))
            close(slot, *reason);
        settle();
    });
}

void virtual_pool::begin(caller& user, pool_slot& slot, duration waited) {
    user.granted = &slot;
    if (granted)
        granted(user, waited);
    ++using_;
    after(user.use, [this, &user, &slot] { end(user, slot); });
}

void virtual_pool::end(caller& user, pool_slot& slot) {
    --using_;
    if (auto const reason = core.release(slot, true, now))
        close(slot, *reason);
    settle();
    if (ended)
        ended(user);
    callers_.erase(user.self);
}

bool virtual_pool::step(pool_time until) {
    auto const due = core.next_event();
    auto const event = events_.begin();
    if (event != events_.end() && event->first <= until && (!due || event->first <= *due)) {
        now = std::max(now, event->first);
        auto const what = std::move(event->second);
        events_.erase(event);
        what();
        return true;
    }
    if (!due || *due > until)
        return false;
    now = std::max(now, *due);
    settle();
    return true;
}

void virtual_pool::run_for(duration wait) {
    auto const until = now + wait;
    settle();
    while (step(until)) {
    }
    now = until;
}

void virtual_pool::run_until_quiet(duration at_most) {
    auto const until = now + at_most;
    settle();
    while ((using_ > 0 || core.waiting() > 0) && step(until)) {
    }
}

void run_together(std::vector<virtual_pool*> const& pools, virtual_pool::duration wait) {
    constexpr auto step = 1ms;
    for (virtual_pool::duration gone{}; gone < wait; gone += step)
        for (auto* const pool : pools)
            pool->run_for(step);
}

virtual_pool::duration percentile(std::vector<virtual_pool::duration> values, double percent) {
    if (values.empty())
        return {};
    auto const rank =
        static_cast<std::size_t>(static_cast<double>(values.size() - 1) * percent / 100);
    auto const place = values.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(values.begin(), place, values.end());
    return *place;
}

double fairness_index(std::vector<double> const& shares) {
    double sum = 0;
    double squares = 0;
    for (auto const share : shares) {
        sum += share;
        squares += share * share;
    }
    return sum * sum / (static_cast<double>(shares.size()) * squares);
}

} // namespace copg::test
