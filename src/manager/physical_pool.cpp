// SPDX-License-Identifier: BSL-1.0
#include "manager/physical_pool.hpp"

#include "manager/pool_directory.hpp"

namespace copg::detail {

physical_pool::physical_pool(std::shared_ptr<pool_directory> directory,
                             std::string key,
                             connect_options target,
                             pool_options options)
    : directory_{std::move(directory)},
      key_{std::move(key)},
      target_{std::move(target)},
      options_{std::move(options)} {}

physical_pool::physical_pool(pool const& adopted, health_options const& health)
    : target_{adopted.target()},
      options_{adopted.options()},
      pool_{adopted},
      health_{pool_health{adopted, health}} {}

physical_pool::~physical_pool() {
    health_.reset();
    pool_.reset();
    if (directory_ != nullptr)
        directory_->forget(key_);
}

pool physical_pool::get() {
    if (auto known = made())
        return *std::move(known);
    std::lock_guard const making{making_};
    if (auto known = made())
        return *std::move(known);
    auto fresh = directory_->make(*this);
    pool_health watch{fresh, directory_->health()};
    std::lock_guard const lock{mutex_};
    pool_ = fresh;
    health_ = std::move(watch);
    return fresh;
}

std::optional<pool> physical_pool::made() const {
    std::lock_guard const lock{mutex_};
    return pool_;
}

std::optional<pool_health> physical_pool::health() const {
    std::lock_guard const lock{mutex_};
    return health_;
}

void physical_pool::note_ignored(std::vector<std::string> const& names) {
    std::lock_guard const lock{mutex_};
    ignored_.insert(names.begin(), names.end());
}

std::vector<std::string> physical_pool::ignored_options() const {
    std::lock_guard const lock{mutex_};
    return {ignored_.begin(), ignored_.end()};
}

} // namespace copg::detail
