// SPDX-License-Identifier: BSL-1.0
// Identifiers, connection strings, and a manager's pools as a whole.
#include "manager/in_parallel.hpp"
#include "manager/manager_impl.hpp"

#include <copg/manager/manager.hpp>
#include <copg/pool/connection_budget.hpp>

#include <algorithm>

namespace copg {
namespace {

asio::awaitable<pool_handle> verified_handle(pool_handle handle) {
    co_await detail::verify_pool(handle.db().pool());
    co_return handle;
}

asio::awaitable<pool> verified_pool(std::shared_ptr<detail::physical_pool> physical) {
    auto made = physical->get();
    co_await detail::verify_pool(made);
    co_return made;
}

asio::awaitable<void> drain_into(pool closing,
                                 std::chrono::milliseconds grace,
                                 std::shared_ptr<std::vector<pool_shutdown>> reports,
                                 std::size_t at) {
    auto drained = co_await closing.drain(grace);
    reports->at(at).drained = std::move(drained);
}

asio::awaitable<shutdown_report> shut_down(std::shared_ptr<detail::manager_impl> manager,
                                           std::chrono::milliseconds grace) {
    auto const started = std::chrono::steady_clock::now();
    auto const pools = manager->close();
    auto const reports = std::make_shared<std::vector<pool_shutdown>>(pools.size());
    std::vector<asio::awaitable<void>> draining;
    for (std::size_t i = 0; i < pools.size(); ++i) {
        reports->at(i).target = pools[i].target().target().redacted();
        draining.push_back(drain_into(pools[i], grace, reports, i));
    }
    co_await detail::in_parallel(manager->executor, std::move(draining));
    std::lock_guard const lock{manager->mutex};
    if (!manager->report)
        manager->report =
            shutdown_report{std::move(*reports), std::chrono::steady_clock::now() - started};
    co_return *manager->report;
}

} // namespace

asio::awaitable<pool_handle> manager::create_pool(std::string_view identifier,
                                                  target_ref where) const {
    auto const name = normalize_identifier(identifier);
    auto const wanted = impl_->register_target(scope_key::kind::named, name, *where);
    return verified_handle(pool_handle{impl_->identifiers->claim(wanted)});
}

asio::awaitable<pool> manager::dsn_pool(std::string dsn_text) const {
    target const where{.dsn = std::move(dsn_text)};
    return verified_pool(
        impl_->register_target(scope_key::kind::named, {}, where)->leads_to()->leads_to);
}

manager_statistics manager::statistics() const {
    manager_statistics now;
    now.tenants = impl_->tenants.size();
    now.names = impl_->names.size();
    now.identifiers = impl_->identifiers->size();
    now.maximum_connections = impl_->pools->budget() ? impl_->pools->budget()->maximum() : 0;
    for (auto const& [physical, made] : impl_->pools->all()) {
        if (!made)
            continue;
        auto ignored = physical ? physical->ignored_options() : std::vector<std::string>{};
        now.pools.push_back(
            {made->target().target().redacted(), made->statistics(), std::move(ignored)});
        auto const& pool = now.pools.back().statistics;
        now.open += pool.open;
        now.idle += pool.idle;
        now.in_use += pool.in_use;
        now.waiting += pool.waiting;
    }
    std::ranges::sort(now.pools, {}, &managed_pool::target);
    return now;
}

asio::awaitable<shutdown_report> manager::shutdown(std::chrono::milliseconds grace) {
    return shut_down(impl_, grace);
}

void manager::close() noexcept {
    for (auto const& pool : impl_->close())
        pool.close();
}

} // namespace copg
