// SPDX-License-Identifier: BSL-1.0
// What happens to a modelled pool.
#include "simulation/world.hpp"

#include <algorithm>
#include <utility>

namespace copg::test {

pool_options random_options(dice& random) {
    pool_options made;
    made.maximum = 1 + random.below(4);
    made.minimum = random.below(static_cast<unsigned>(made.maximum) + 1);
    made.connect_concurrency = 1 + random.below(3);
    made.fairness_quantum = 1 + random.below(4);
    made.lifetime = random.one_in(3) ? 0ms : 60ms + 20ms * random.below(20);
    made.idle_time = random.one_in(3) ? 0ms : 20ms * (1 + random.below(10));
    if (made.lifetime.count() > 0)
        made.idle_time = std::min(*made.idle_time, made.lifetime);
    made.lifetime_jitter = random.one_in(2) ? 0.5 : 0;
    made.health_interval = random.one_in(2) ? 0ms : 50ms;
    made.leak_threshold = random.one_in(2) ? 0ms : 50ms;
    made.retry.attempts = random.below(3);
    made.retry.delay = random.one_in(8) ? 0ms : 10ms;
    made.retry.maximum_delay = made.retry.delay * 10;
    if (random.one_in(4))
        made.wait_queue_limit = 3;
    if (random.one_in(3))
        made.maximum_idle = made.minimum;
    if (random.one_in(2))
        made.tenant_maximum = 1 + random.below(2);
    if (random.one_in(3))
        made.tenant_maxima["b"] = 1;
    if (random.one_in(3))
        made.tenant_weights["a"] = 1 + random.below(3);
    return made;
}

modelled_pool::modelled_pool(pool_options const& options,
                             unsigned seed,
                             std::shared_ptr<detail::budget_state> budget,
                             dice& random,
                             pool_time now)
    : random_{random},
      member_{budget == nullptr ? nullptr
                                : std::make_unique<detail::budget_member>(
                                      budget,
                                      options.budget_minimum,
                                      detail::budget_member::callbacks{
                                          [this] { asked_ = true; }, [this] { reclaim_ = true; }})},
      failed_at_{now - 24h},
      core_{options.checked(), seed, member_.get()},
      most_open_{options.maximum} {}

modelled_pool::~modelled_pool() {
    while (core_.next_refused({}) != nullptr) {
    }
}

session const& modelled_pool::some_session() {
    return sessions_[random_.below(static_cast<unsigned>(sessions_.size()))];
}

void modelled_pool::arrive(pool_time now) {
    if (closed_) {
        core_.refused();
        ++counted_.refused;
        return;
    }
    auto const& wanted = some_session();
    auto const scope = random_.one_in(2) ? ++last_scope_ : 0;
    if (auto* const slot = core_.take(wanted, std::source_location::current(), now, scope)) {
        for (auto const& waiter : waiting_)
            require(waiter->wanted != wanted, "a newcomer overtook a waiter of its tenant");
        require(slot->last_session == wanted, "a slot does not know whom it serves");
        borrow(slot, scope, now);
        touched_ |= core_.may_be_deadlocked();
        return;
    }
    touched_ = true;
    auto made = std::make_unique<guest>();
    made->wanted = wanted;
    made->scope = scope;
    if (random_.one_in(2))
        go_inside(*made);
    if (random_.one_in(2))
        made->deadline = now + 1ms * (1 + random_.below(100));
    auto const limit = core_.options().wait_queue_limit;
    auto const fits = limit == 0 || waiting_.size() < limit || made->holds_connection;
    require(core_.enqueue(*made, now) == fits, "the queue's limit");
    if (fits)
        waiting_.push_back(std::move(made));
    else
        ++counted_.queue_full;
}

void modelled_pool::put_back(pool_slot& slot, pool_time now) {
    if (auto const reason = core_.release(slot, random_.one_in(2), now)) {
        closing_.push_back({&slot, *reason});
        touched_ = true;
    }
}

void modelled_pool::remove(pool_slot& slot, close_reason reason, pool_time now) {
    core_.remove(slot, reason, now);
    ++counted_.closed;
    touched_ = true;
}

void modelled_pool::give_back(pool_time now) {
    if (borrowed_.empty())
        return;
    auto const chosen = random_.below(static_cast<unsigned>(borrowed_.size()));
    if (can_end(*borrowed_[chosen]))
        give_back(chosen, now);
}

void modelled_pool::give_back(std::size_t which, pool_time now) {
    auto& slot = *borrowed_[which];
    borrowed_.erase(borrowed_.begin() + static_cast<std::ptrdiff_t>(which));
    holders_.erase(&slot);
    reported_.erase(&slot);
    touched_ |= !waiting_.empty();
    if (closed_ || fails(6)) {
        remove(slot, closed_ ? close_reason::pool_closed : close_reason::lost, now);
    } else if (fails(4)) {
        core_.start_closing(slot, now);
        cleaning_.push_back(&slot);
        touched_ = true;
    } else {
        put_back(slot, now);
        touched_ |= core_.needs_connections();
    }
}

void modelled_pool::cancel(pool_time now) {
    if (waiting_.empty())
        return;
    auto const chosen = waiting_.begin() + random_.below(static_cast<unsigned>(waiting_.size()));
    require(core_.withdraw(**chosen, now), "a waiter could not be withdrawn");
    require(!core_.withdraw(**chosen, now), "a waiter was withdrawn twice");
    ++counted_.cancelled;
    waiting_.erase(chosen);
    shut_ = core_.gate().shut(now); // as it is noted at each end of a wait
}

void modelled_pool::end_connect(pool_time now) {
    if (connecting_.empty())
        return;
    touched_ = true;
    auto const generation = connecting_.back();
    connecting_.pop_back();
    if (closed_ || fails(20)) {
        core_.connect_abandoned();
    } else if (fails(3)) {
        core_.connect_failed(now);
        failed_at_ = now;
    } else {
        put_back(core_.connected(nullptr, generation, now), now);
    }
}

void modelled_pool::end_closing(pool_time now) {
    if (!cleaning_.empty()) {
        auto& slot = *cleaning_.back();
        cleaning_.pop_back();
        put_back(slot, now);
        touched_ = true;
    }
    if (!closing_.empty()) {
        auto const last = closing_.back();
        closing_.pop_back();
        remove(*last.slot, last.reason, now);
    }
}

void modelled_pool::end_check(pool_time now) {
    if (checking_.empty())
        return;
    touched_ = true;
    auto& slot = *checking_.back();
    checking_.pop_back();
    if (fails(5)) {
        core_.check_failed(slot);
        remove(slot, close_reason::unusable, now);
    } else if (auto const reason = core_.check_ended(slot, now)) {
        closing_.push_back({&slot, *reason});
    }
}

void modelled_pool::lose(pool_time now) {
    touched_ = true;
    if (auto* const slot = core_.find_idle(nullptr))
        remove(*slot, close_reason::lost, now);
}

void modelled_pool::operate(pool_time now) {
    touched_ = true;
    switch (random_.below(8)) {
    case 0:
        return core_.pause(true, now);
    case 1:
    case 2:
    case 3:
        return core_.pause(false, now);
    case 4:
    case 5: {
        core_.refresh();
        return;
    }
    case 6: {
        auto options = core_.options();
        options.maximum = 1 + random_.below(5);
        options.minimum = random_.below(static_cast<unsigned>(options.maximum) + 1);
        if (options.problems().empty())
            core_.resize(options.minimum, options.maximum);
        return;
    }
    default:
        if (random_.one_in(10))
            close(now);
    }
}

void modelled_pool::close(pool_time now) {
    closed_ = true;
    core_.close();
    while (auto* const waiter = core_.next_refused(now)) {
        require(waiter == waiting_.front().get(), "not the oldest was refused");
        leave(waiter, false);
        ++counted_.refused;
    }
    require(waiting_.empty(), "somebody waits for a closed pool");
}

bool modelled_pool::finish_some(pool_time now) {
    all_succeeds_ = true;
    if (core_.is_paused()) {
        core_.pause(false, now);
        touched_ = true;
    }
    if (!connecting_.empty())
        end_connect(now);
    else if (!checking_.empty())
        end_check(now);
    else if (!cleaning_.empty() || !closing_.empty())
        end_closing(now);
    else if (!borrowed_.empty())
        give_in(now);
    return !waiting_.empty() || is_busy();
}

} // namespace copg::test
