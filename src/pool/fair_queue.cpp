// SPDX-License-Identifier: BSL-1.0
#include "pool/fair_queue.hpp"

#include <algorithm>
#include <utility>

namespace copg::detail {
namespace {

constexpr std::uint64_t one_grant = 1U << 20; // in units of tags
constexpr std::size_t longest_quantum = 1U << 20;

} // namespace

fair_queue::fair_queue(pool_options const& options)
    : options_{options},
      quantum_{std::min(options.fairness_quantum, longest_quantum) * one_grant},
      charges_{options.tenant_maximum != 0 || !options.tenant_maxima.empty()} {}

fair_queue::~fair_queue() {
    arrivals_.clear();
    urgent_.clear();
    order_.clear();
    for (auto& [key, tenant] : tenants_) {
        tenant.holders.clear();
        tenant.waiting.clear();
    }
}

pool_tenant& fair_queue::tenant_of(session const& wanted) {
    auto const known = tenants_.find(wanted.fairness_key());
    if (known != tenants_.end())
        return known->second;
    auto& made = tenants_[wanted.fairness_key()]; // a copy of the session keeps the text alive
    made.holder = wanted;
    made.key = wanted.fairness_key();
    auto const weight = options_.tenant_weights.find(made.key);
    made.cost = weight != options_.tenant_weights.end()
                    ? std::max<std::uint64_t>(one_grant / weight->second, 1)
                    : one_grant;
    auto const maximum = options_.tenant_maxima.find(made.key);
    made.maximum =
        maximum != options_.tenant_maxima.end() ? maximum->second : options_.tenant_maximum;
    return made;
}

void fair_queue::push(pool_waiter& waiter, pool_tenant& tenant) noexcept {
    waiter.tenant = &tenant;
    auto const before = tenant.eligible();
    (waiter.holds_connection ? tenant.holders : tenant.waiting).push_back(waiter);
    arrivals_.push_back(waiter);
    ++size_;
    eligible_ += tenant.eligible() - before;
    enlist(tenant);
}

/// Puts a tenant that waits where its turn will come.
void fair_queue::enlist(pool_tenant& tenant) noexcept {
    if (tenant.at_maximum()) // discharge() comes back to it
        return;
    if (!tenant.holders.empty() && !tenant.urgent_hook.is_linked())
        urgent_.push_back(tenant);
    if (tenant.waiting.empty())
        return;
    auto const credit = quantum_; // for a burst after a quiet time
    auto const earliest = clock_ > credit ? clock_ - credit : 0;
    if (tenant.order_hook.is_linked()) {
        if (tenant.tag > earliest || tenant.waiting.size() > 1)
            return;
        order_.erase(order_.iterator_to(tenant)); // it did not wait until now
    }
    tenant.fresh = tenant.tag <= clock_;
    tenant.tag = std::max(tenant.tag, earliest);
    order_.insert(tenant);
}

void fair_queue::unlink(pool_waiter& waiter, pool_tenant& tenant, waiter_list& from) noexcept {
    auto const before = tenant.eligible();
    from.erase(from.iterator_to(waiter));
    arrivals_.erase(arrivals_.iterator_to(waiter));
    --size_;
    eligible_ -= before - tenant.eligible();
    if (tenant.holders.empty() && tenant.urgent_hook.is_linked())
        urgent_.erase(urgent_.iterator_to(tenant));
}

pool_waiter& fair_queue::take(pool_tenant& tenant, waiter_list& from) noexcept {
    auto& waiter = from.front();
    unlink(waiter, tenant, from);
    return waiter;
}

void fair_queue::remove(pool_waiter& waiter) noexcept {
    auto& tenant = *waiter.tenant;
    unlink(waiter, tenant, waiter.holds_connection ? tenant.holders : tenant.waiting);
    tidy(tenant);
}

void fair_queue::tidy(pool_tenant& tenant) noexcept {
    forget_if_idle(tenant);
    if (size_ != 0)
        return;
    if (!order_.empty()) // nobody waits: what they had does not count any more
        clock_ = std::max(clock_, order_.rbegin()->tag);
    while (!order_.empty()) {
        auto& other = *order_.begin();
        order_.erase(order_.begin());
        forget_if_idle(other);
    }
}

pool_waiter* fair_queue::next(pool_slot& slot) noexcept {
    if (eligible_ == 0)
        return nullptr;
    if (auto* const holder = next_urgent())
        return holder;
    auto* chosen = front();
    if (slot.turn != nullptr && slot.turn != chosen && stays_with(*slot.turn, *chosen))
        chosen = slot.turn;
    auto& waiter = take(*chosen, chosen->waiting);
    serve(*chosen, slot);
    return &waiter;
}

pool_waiter* fair_queue::next_urgent() noexcept {
    while (!urgent_.empty()) {
        auto& tenant = urgent_.front();
        urgent_.pop_front();
        if (tenant.at_maximum())
            continue;
        if (tenant.holders.size() > 1) // tenants take turns
            urgent_.push_back(tenant);
        return &take(tenant, tenant.holders);
    }
    return nullptr;
}

/// Who comes next by the tags. Those who do not wait any more, or are at their maximum, go.
pool_tenant* fair_queue::front() noexcept {
    for (;;) {
        auto& tenant = *order_.begin();
        if (!tenant.waiting.empty() && !tenant.at_maximum())
            return &tenant;
        order_.erase(order_.begin());
        forget_if_idle(tenant);
    }
}

bool fair_queue::stays_with(pool_tenant& tenant, pool_tenant const& next) const noexcept {
    return !tenant.waiting.empty() && !tenant.at_maximum() && !next.fresh &&
           tenant.tag <= next.tag + quantum_;
}

/// Notes a grant: by the tenant's tag, by the clock, and as what the slot has served last.
void fair_queue::serve(pool_tenant& tenant, pool_slot& slot) noexcept {
    auto const alone = order_.size() == 1;
    clock_ = std::max(clock_ + one_grant / order_.size(), order_.begin()->tag);
    order_.erase(order_.iterator_to(tenant));
    if (alone) // what others were given before is no claim any more
        tenant.tag = std::max(tenant.tag, clock_);
    tenant.tag += tenant.cost;
    tenant.fresh = false;
    order_.insert(tenant);
    if (slot.turn == &tenant)
        return;
    end_turn(slot);
    slot.turn = &tenant;
    ++tenant.turns;
}

void fair_queue::charge(pool_tenant& tenant, wait_times const& clock) noexcept {
    auto const before = tenant.eligible();
    ++tenant.in_use;
    eligible_ -= before - tenant.eligible();
    if (tenant.in_use == tenant.maximum)
        tenant.cap_mark = clock;
}

void fair_queue::discharge(pool_tenant& tenant, wait_times const& clock) noexcept {
    auto const before = tenant.eligible();
    --tenant.in_use;
    eligible_ += tenant.eligible() - before;
    if (tenant.in_use + 1 == tenant.maximum) {
        tenant.capped = tenant.capped + (clock - tenant.cap_mark);
        enlist(tenant);
    }
    forget_if_idle(tenant);
}

wait_times fair_queue::served(pool_tenant const& tenant, wait_times const& clock) noexcept {
    auto const now = clock - tenant.capped;
    return tenant.at_maximum() ? now - (clock - tenant.cap_mark) : now;
}

void fair_queue::end_turn(pool_slot& slot) noexcept {
    if (auto* const tenant = std::exchange(slot.turn, nullptr)) {
        --tenant->turns;
        forget_if_idle(*tenant);
    }
}

void fair_queue::forget_if_idle(pool_tenant& tenant) noexcept {
    if (!tenant.waits() && tenant.in_use == 0 && tenant.turns == 0 &&
        !tenant.order_hook.is_linked())
        tenants_.erase(tenants_.find(tenant.key));
}

} // namespace copg::detail
