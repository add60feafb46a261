// SPDX-License-Identifier: BSL-1.0
#include "simulation/world.hpp"

namespace copg::test {

pool_options random_options(dice& random) {
    pool_options made;
    made.maximum = 1 + random.below(4);
    made.minimum = random.below(static_cast<unsigned>(made.maximum) + 1);
    made.connect_concurrency = 1 + random.below(3);
    made.fairness_quantum = 1 + random.below(4);
    made.idle_time = random.one_in(3) ? 0ms : 20ms * random.below(20);
    made.lifetime = random.one_in(3) ? 0ms : 400ms + 20ms * random.below(20);
    made.lifetime_jitter = random.one_in(2) ? 0.5 : 0;
    made.health_interval = random.one_in(2) ? 0ms : 50ms;
    made.leak_threshold = random.one_in(2) ? 0ms : 50ms;
    made.retry.attempts = random.below(3);
    made.retry.delay = 10ms;
    made.retry.maximum_delay = 100ms;
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
                             dice& random)
    : random_{random},
      member_{budget == nullptr ? nullptr
                                : std::make_unique<detail::budget_member>(
                                      budget,
                                      options.budget_minimum,
                                      detail::budget_member::callbacks{
                                          [this] { asked_ = true; }, [this] { reclaim_ = true; }})},
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
    auto const& wanted = some_session();
    if (auto* const slot = core_.take(wanted, std::source_location::current(), now)) {
        for (auto const& waiter : waiting_)
            require(waiter->wanted != wanted, "a newcomer overtook a waiter of its tenant");
        require(slot->last_session == wanted, "a slot does not know whom it serves");
        borrow(slot, now);
        return;
    }
    auto made = std::make_unique<guest>();
    made->number = ++arrived_;
    made->wanted = wanted;
    made->holds_connection = random_.one_in(6);
    if (random_.one_in(2))
        made->deadline = now + 1ms * (1 + random_.below(100));
    auto const limit = core_.options().wait_queue_limit;
    auto const fits = limit == 0 || waiting_.size() < limit || made->holds_connection;
    require(core_.enqueue(*made, now) == fits, "the queue's limit");
    if (fits)
        waiting_.push_back(std::move(made));
}

std::size_t modelled_pool::tenant_maximum(pool_slot const& slot) const {
    auto const& options = core_.options();
    auto const own = options.tenant_maxima.find(slot.last_session.fairness_key());
    return own != options.tenant_maxima.end() ? own->second : options.tenant_maximum;
}

void modelled_pool::borrow(pool_slot* slot, pool_time now) {
    auto const among = [slot](std::vector<pool_slot*> const& some) {
        return std::find(some.begin(), some.end(), slot) != some.end();
    };
    require(!among(borrowed_), "a double grant");
    require(!among(cleaning_) && !among(checking_), "a grant of what the pool itself uses");
    require(slot->generation == core_.generation(), "a grant of an old generation");
    require(now < slot->expires_at || core_.gate().failures() > 0, "a grant after its lifetime");
    require(!core_.is_paused(), "a grant while paused");
    borrowed_.push_back(slot);
    auto const maximum = tenant_maximum(*slot);
    auto const used = std::count_if(borrowed_.begin(), borrowed_.end(), [slot](auto const* other) {
        return other->last_session == slot->last_session;
    });
    require(maximum == 0 || static_cast<std::size_t>(used) <= maximum,
            "a tenant above its maximum");
}

void modelled_pool::put_back(pool_slot& slot, pool_time now) {
    if (auto const reason = core_.release(slot, random_.one_in(2), now))
        closing_.push_back({&slot, *reason});
}

void modelled_pool::give_back(pool_time now) {
    if (borrowed_.empty())
        return;
    auto const chosen = random_.below(static_cast<unsigned>(borrowed_.size()));
    auto& slot = *borrowed_[chosen];
    borrowed_.erase(borrowed_.begin() + chosen);
    if (random_.one_in(6)) {
        core_.remove(slot, close_reason::lost, now);
    } else if (random_.one_in(4)) {
        core_.start_closing(slot, now);
        cleaning_.push_back(&slot);
    } else {
        put_back(slot, now);
    }
}

void modelled_pool::cancel(pool_time now) {
    if (waiting_.empty())
        return;
    auto const chosen = waiting_.begin() + random_.below(static_cast<unsigned>(waiting_.size()));
    require(core_.withdraw(**chosen, now), "a waiter could not be withdrawn");
    require(!core_.withdraw(**chosen, now), "a waiter was withdrawn twice");
    waiting_.erase(chosen);
}

void modelled_pool::end_connect(pool_time now) {
    if (connecting_.empty())
        return;
    auto const generation = connecting_.back();
    connecting_.pop_back();
    if (random_.one_in(3))
        core_.connect_failed(now);
    else if (random_.one_in(10))
        core_.connect_abandoned();
    else
        put_back(core_.connected(nullptr, generation, now), now);
}

void modelled_pool::end_closing(pool_time now) {
    if (!cleaning_.empty()) {
        auto& slot = *cleaning_.back();
        cleaning_.pop_back();
        put_back(slot, now);
    }
    if (!closing_.empty()) {
        auto const last = closing_.back();
        closing_.pop_back();
        core_.remove(*last.slot, last.reason, now);
    }
}

void modelled_pool::end_check(pool_time now) {
    if (checking_.empty())
        return;
    auto& slot = *checking_.back();
    checking_.pop_back();
    if (random_.one_in(5)) {
        core_.check_failed(slot);
        core_.remove(slot, close_reason::unusable, now);
    } else if (auto const reason = core_.check_ended(slot, now)) {
        closing_.push_back({&slot, *reason});
    }
}

void modelled_pool::lose(pool_time now) {
    if (auto* const slot = core_.find_idle(nullptr))
        core_.remove(*slot, close_reason::lost, now);
}

void modelled_pool::operate(pool_time now) {
    switch (random_.below(6)) {
    case 0:
        core_.pause(true, now);
        break;
    case 1:
    case 2:
        core_.pause(false, now);
        break;
    case 3:
        core_.refresh();
        break;
    case 4: {
        auto options = core_.options();
        options.maximum = 1 + random_.below(5);
        options.minimum = random_.below(static_cast<unsigned>(options.maximum) + 1);
        if (options.problems().empty())
            core_.resize(options.minimum, options.maximum);
        break;
    }
    case 5:
        break;
    }
}

void modelled_pool::leave(pool_waiter* waiter, bool granted) {
    auto const found = std::find_if(
        waiting_.begin(), waiting_.end(), [&](auto const& w) { return w.get() == waiter; });
    require(found != waiting_.end(), "a waiter left twice");
    if (granted)
        require(std::none_of(waiting_.begin(),
                             found,
                             [&](auto const& earlier) {
                                 return earlier->wanted == waiter->wanted &&
                                        earlier->holds_connection >= waiter->holds_connection;
                             }),
                "a waiter overtook another of its tenant");
    auto const& wait = core_.last_wait();
    require(wait.total >= 0ns && wait.tenant_maximum >= 0ns, "a wait below zero");
    require(wait.in_use + wait.connecting + wait.unreachable + wait.closing + wait.paused +
                    wait.tenant_maximum ==
                wait.total,
            "the parts of a wait do not add up");
    waiting_.erase(found);
}

void modelled_pool::settle(pool_time now) {
    for (int rounds = 0; rounds == 0 || core_.next_event().value_or(now + 1ms) <= now; ++rounds) {
        require(rounds < 3, "a time that is over and over again due");
        decide(now);
    }
    check();
}

void modelled_pool::decide(pool_time now) {
    asked_ = false;
    if (std::exchange(reclaim_, false))
        core_.reclaim();
    core_.tick(now);
    while (auto* const waiter = core_.next_expired(now)) {
        require(*waiter->deadline <= now, "a waiter expired early");
        leave(waiter, false);
    }
    for (auto due = core_.next_to_close(now); due.slot != nullptr; due = core_.next_to_close(now))
        closing_.push_back(due);
    while (auto* const slot = core_.next_to_check(now))
        checking_.push_back(slot);
    while (core_.next_to_report(now) != nullptr) {
    }
    while (auto* const waiter = core_.next_granted(now)) {
        auto* const slot = waiter->granted;
        require(slot->last_session == waiter->wanted, "a grant for another session");
        leave(waiter, true);
        borrow(slot, now);
    }
    for (auto due = core_.connects_due(now); due > 0; --due)
        connecting_.push_back(core_.generation());
    if (member_ != nullptr)
        member_->reclaim_ended();
}

void modelled_pool::check() {
    auto const now = core_.statistics({});
    most_open_ = std::max(core_.options().maximum, std::min(most_open_, now.open));
    require(now.open == now.idle + now.in_use + now.connecting + now.closing, "the sum of states");
    require(now.open <= most_open_, "too many connections");
    require(now.connecting == connecting_.size(), "connecting");
    require(now.connecting <= core_.options().connect_concurrency, "too many connects at once");
    require(now.in_use == borrowed_.size(), "in use");
    require(now.closing == cleaning_.size() + checking_.size() + closing_.size(), "closing");
    require(now.waiting == waiting_.size(), "waiting");
    if (now.idle == 0 || core_.is_paused())
        return;
    for (auto const& waiter : waiting_) {
        pool_slot like;
        like.last_session = waiter->wanted;
        auto const maximum = tenant_maximum(like);
        auto const used = std::count_if(borrowed_.begin(), borrowed_.end(), [&](auto const* slot) {
            return slot->last_session == waiter->wanted;
        });
        require(maximum != 0 && static_cast<std::size_t>(used) >= maximum,
                "a waiter beside an idle connection");
    }
}

bool modelled_pool::finish_some(pool_time now) {
    core_.pause(false, now);
    for (; !connecting_.empty(); connecting_.pop_back())
        put_back(core_.connected(nullptr, connecting_.back(), now), now);
    for (; !checking_.empty(); checking_.pop_back())
        if (auto const reason = core_.check_ended(*checking_.back(), now))
            closing_.push_back({checking_.back(), *reason});
    while (!cleaning_.empty() || !closing_.empty())
        end_closing(now);
    for (; !borrowed_.empty(); borrowed_.pop_back())
        put_back(*borrowed_.back(), now);
    return somebody_waits();
}

} // namespace copg::test
