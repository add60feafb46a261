// SPDX-License-Identifier: BSL-1.0
// What a manager says of its pools, and asks their servers.
#include "manager/in_parallel.hpp"
#include "manager/manager_impl.hpp"

#include <copg/base/error.hpp>
#include <copg/manager/manager.hpp>
#include <copg/manager/reconnect.hpp>
#include <copg/pool/connection_budget.hpp>

#include <algorithm>

namespace copg {
namespace {

using shared_reports = std::shared_ptr<std::vector<health_report>>;

void add(manager_statistics& sum, managed_pool const& each) {
    sum.open += each.statistics.open;
    sum.idle += each.statistics.idle;
    sum.in_use += each.statistics.in_use;
    sum.waiting += each.statistics.waiting;
    sum.healthy += each.health.state == health_state::healthy ? 1 : 0;
    sum.degraded += each.health.state == health_state::degraded ? 1 : 0;
    sum.unhealthy += each.health.state == health_state::unhealthy ||
                             each.health.state == health_state::disconnected
                         ? 1
                         : 0;
}

managed_pool describe_pool(pool const& made, detail::physical_pool const* physical) {
    managed_pool shown;
    shown.target = made.target().target().redacted();
    shown.statistics = made.statistics();
    if (physical == nullptr)
        return shown;
    shown.ignored_options = physical->ignored_options();
    if (auto const watch = physical->health())
        shown.health = watch->status();
    return shown;
}

asio::awaitable<void> check_one(pool_health watch, shared_reports reports, std::size_t at) {
    try {
        auto status = co_await watch.check();
        reports->at(at).status = std::move(status);
    } catch (error const&) { // the pool was closed
        reports->at(at).status = watch.status();
    }
}

/// Each is a connection outside all bounds: not too many at once.
constexpr std::size_t checks_at_once = 16;

asio::awaitable<std::vector<health_report>>
check_all(std::shared_ptr<detail::manager_impl> manager) {
    auto const reports = std::make_shared<std::vector<health_report>>();
    std::vector<pool_health> watches;
    for (auto const& [physical, made] : manager->pools->all()) {
        auto const watch = physical ? physical->health() : std::nullopt;
        if (!watch)
            continue;
        watches.push_back(*watch);
        reports->push_back({physical->target().target().redacted(), {}});
    }
    for (std::size_t next = 0; next < watches.size();) {
        std::vector<asio::awaitable<void>> checks;
        for (; next < watches.size() && checks.size() < checks_at_once; ++next)
            checks.push_back(check_one(watches[next], reports, next));
        co_await detail::in_parallel(
            manager->executor, std::move(checks), detail::cancelling::not_heeded);
    }
    std::ranges::sort(*reports, {}, &health_report::target);
    co_return std::move(*reports);
}

} // namespace

manager_statistics manager::statistics() const {
    manager_statistics now;
    now.tenants = impl_->tenants.size();
    now.names = impl_->names.size();
    now.identifiers = impl_->identifiers->size();
    now.maximum_connections = impl_->pools->budget() ? impl_->pools->budget()->maximum() : 0;
    for (auto const& [physical, made] : impl_->pools->all())
        if (made) {
            now.pools.push_back(describe_pool(*made, physical.get()));
            add(now, now.pools.back());
        }
    std::ranges::sort(now.pools, {}, &managed_pool::target);
    return now;
}

monitor_source manager::statistics_source() const {
    return [weak = std::weak_ptr{impl_->pools}] {
        std::vector<named_statistics> found;
        if (auto const pools = weak.lock())
            for (auto const& [physical, made] : pools->all())
                if (made)
                    found.emplace_back(made->target().target().redacted(), made->statistics());
        std::ranges::sort(found, {}, &named_statistics::name);
        return found;
    };
}

asio::awaitable<std::vector<health_report>> manager::health_check() const {
    impl_->require_open();
    return check_all(impl_);
}

asio::awaitable<void> manager::reconnect(std::string_view name) const {
    return copg::reconnect(named(name).pool());
}

} // namespace copg
