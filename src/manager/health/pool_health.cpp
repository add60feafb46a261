// SPDX-License-Identifier: BSL-1.0
#include "manager/health/health_watch.hpp"

#include <copg/manager/pool_health.hpp>

namespace copg {
namespace {

/// Keeps the watch going until its end.
asio::awaitable<health_status> check_now(std::shared_ptr<detail::health_owner> owner) {
    auto under_way = owner->watch()->check();
    co_await detail::flight::wait(std::move(under_way));
    co_return owner->watch()->status();
}

} // namespace

pool_health::pool_health(pool const& watched, health_options const& options) {
    auto watch = std::make_shared<detail::health_watch>(watched.owner()->impl(), options);
    owner_ = std::make_shared<detail::health_owner>(watch);
    watch->start();
}

health_status pool_health::status() const {
    return owner_->watch()->status();
}

asio::awaitable<health_status> pool_health::check() const {
    return check_now(owner_);
}

health_options const& pool_health::options() const noexcept {
    return owner_->watch()->options();
}

} // namespace copg
