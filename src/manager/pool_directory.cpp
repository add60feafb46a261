// SPDX-License-Identifier: BSL-1.0
#include "manager/pool_directory.hpp"

namespace copg::detail {

pool pool_directory::get(dsn const& target, pool_options const& options) {
    std::lock_guard const lock{mutex_};
    auto& known = pools_[target.canonical_key()];
    if (auto owner = known.lock())
        return pool{std::move(owner)};
    pool made{executor_, connect_options{target}, options};
    known = made.owner();
    std::erase_if(pools_, [](auto const& entry) { return entry.second.expired(); });
    return made;
}

void pool_directory::close_all() noexcept {
    std::lock_guard const lock{mutex_};
    for (auto const& [key, weak] : pools_)
        if (auto owner = weak.lock())
            pool{std::move(owner)}.close();
}

} // namespace copg::detail
