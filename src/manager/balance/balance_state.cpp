// SPDX-License-Identifier: BSL-1.0
#include "manager/balance/balance_state.hpp"

#include "base/context.hpp"
#include "scope/scope_level.hpp"

namespace copg::detail {
namespace {

std::vector<std::size_t> weights_of(std::vector<balanced_member> const& members) {
    std::vector<std::size_t> weights;
    for (auto const& each : members)
        weights.push_back(each.weight());
    return weights;
}

bool leaves_out(health_state health) noexcept {
    return health == health_state::unhealthy || health == health_state::disconnected;
}

} // namespace

balance_state::balance_state(std::vector<balanced_member> const& members,
                             balance_options const& options,
                             std::optional<database> reserve,
                             bool reserve_serves)
    : reserve_{std::move(reserve)},
      reserve_serves_{reserve_serves},
      refuses_{options.refuse_unhealthy || reserve_.has_value()},
      turns_{options.strategy, weights_of(members)} {
    for (auto const& each : members)
        members_.emplace_back(each);
}

health_state balance_state::health_of(balanced_member const& what, pool_load const& load) noexcept {
    if (load.closed)
        return health_state::disconnected;
    if (!what.health())
        return load.unreachable ? health_state::unhealthy : health_state::healthy;
    try {
        return what.health()();
    } catch (...) {
        return health_state::unhealthy;
    }
}

balancer::standing balance_state::standing_of(health_state health) const noexcept {
    if (!leaves_out(health))
        return balancer::standing::good;
    return refuses_ ? balancer::standing::out : balancer::standing::bad;
}

std::optional<database> balance_state::next(attempts& so_far) {
    boost::container::small_vector<balancer::candidate, 16> candidates;
    boost::container::small_vector<member*, 16> order;
    for (auto& each : members_) {
        auto const load = each.what.database().pool().load();
        auto const health = health_of(each.what, load);
        if (health == health_state::unhealthy && !each.what.health())
            each.probe.start(each.what.database());
        auto const tried = so_far.tried[order.size()];
        candidates.push_back({tried ? balancer::standing::out : standing_of(health), load.total()});
        order.push_back(&each);
    }
    if (auto const chosen = turns_.pick({candidates.data(), candidates.size()})) {
        so_far.tried[*chosen] = true;
        so_far.last = *chosen;
        return order[*chosen]->what.database();
    }
    if (!reserve_ || !reserve_serves_ || std::exchange(so_far.fell_back, true))
        return std::nullopt;
    ++reserve_picks_;
    return reserve_;
}

void balance_state::passed_on(attempts const& so_far) noexcept {
    if (!so_far.fell_back)
        ++std::next(members_.begin(), static_cast<std::ptrdiff_t>(so_far.last))->passed_on;
}

std::optional<database> balance_state::in_scope(asio::any_io_executor const& executor) const {
    auto const context = context_of(executor);
    if (context == nullptr)
        return std::nullopt;
    if (reserve_ && find_level(context, reserve_->key()) != nullptr)
        return reserve_;
    for (auto const& each : members_)
        if (find_level(context, each.what.database().key()) != nullptr)
            return each.what.database();
    return std::nullopt;
}

std::vector<balanced_member_statistics> balance_state::statistics() const {
    std::vector<balanced_member_statistics> all;
    for (auto const& each : members_) {
        auto const load = each.what.database().pool().load();
        auto const health = health_of(each.what, load);
        all.push_back({turns_.picks(all.size()), each.passed_on, health, load.total()});
    }
    return all;
}

} // namespace copg::detail
