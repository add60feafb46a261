// SPDX-License-Identifier: BSL-1.0
#include "manager/route.hpp"

#include "manager/option_names.hpp"

#include <algorithm>

namespace copg::detail {
namespace {

bool same(std::optional<pool_options> const& a, std::optional<pool_options> const& b) {
    if (!a || !b)
        return !a && !b;
    return same_options(*a, *b);
}

} // namespace

std::shared_ptr<route const> route_table::find(std::string_view dsn,
                                               std::optional<pool_options> const& given) {
    strong seen;
    std::lock_guard const lock{mutex_};
    return find_under_lock(dsn, given, seen);
}

std::shared_ptr<route const> route_table::add(std::shared_ptr<route const> const& fresh) {
    strong seen;
    std::lock_guard const lock{mutex_};
    if (auto known = find_under_lock(fresh->dsn, fresh->given, seen))
        return known;
    if (routes_.size() >= sweep_at_)
        sweep();
    auto& same_text = routes_[fresh->dsn];
    std::erase_if(same_text, [](auto const& old) { return old.expired(); });
    same_text.push_back(fresh);
    return fresh;
}

std::shared_ptr<route const> route_table::find_under_lock(std::string_view dsn,
                                                          std::optional<pool_options> const& given,
                                                          strong& seen) const {
    auto const found = routes_.find(dsn);
    if (found == routes_.end())
        return nullptr;
    for (auto const& weak : found->second)
        if (auto known = weak.lock()) {
            if (same(known->given, given))
                return known;
            seen.push_back(std::move(known));
        }
    return nullptr;
}

void route_table::sweep() {
    std::erase_if(routes_, [](auto const& entry) {
        return std::ranges::all_of(entry.second, [](auto const& old) { return old.expired(); });
    });
    sweep_at_ = std::max<std::size_t>(64, 2 * routes_.size());
}

} // namespace copg::detail
