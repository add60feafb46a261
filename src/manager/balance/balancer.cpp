// SPDX-License-Identifier: BSL-1.0
#include "manager/balance/balancer.hpp"

#include <algorithm>

namespace copg::detail {

balancer::balancer(balance_strategy strategy, std::vector<std::size_t> const& weights)
    : strategy_{strategy} {
    members_.reserve(weights.size());
    for (auto const weight : weights)
        members_.push_back({static_cast<std::int64_t>(weight), 0, 0});
}

std::optional<std::size_t> balancer::pick(std::span<candidate const> candidates) {
    auto best = standing::out;
    for (auto const& each : candidates)
        best = std::min(best, each.now);
    if (best == standing::out)
        return std::nullopt;

    std::lock_guard const lock{mutex_};
    std::optional<std::size_t> least;
    for (std::size_t i = 0; i < candidates.size(); ++i)
        if (candidates[i].now == best && (!least || is_less_loaded(candidates, i, *least)))
            least = i;

    std::optional<std::size_t> chosen;
    std::int64_t total = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (candidates[i].now != best || is_less_loaded(candidates, *least, i))
            continue;
        members_[i].gain += members_[i].weight;
        total += members_[i].weight;
        if (!chosen || members_[i].gain > members_[*chosen].gain)
            chosen = i;
    }
    members_[*chosen].gain -= total;
    ++members_[*chosen].picks;
    return chosen;
}

std::uint64_t balancer::picks(std::size_t number) const {
    std::lock_guard const lock{mutex_};
    return members_[number].picks;
}

/// Without dividing: a/wa < b/wb.
bool balancer::is_less_loaded(std::span<candidate const> candidates,
                              std::size_t a,
                              std::size_t b) const {
    return strategy_ == balance_strategy::least_connections &&
           candidates[a].load * static_cast<std::size_t>(members_[b].weight) <
               candidates[b].load * static_cast<std::size_t>(members_[a].weight);
}

} // namespace copg::detail
