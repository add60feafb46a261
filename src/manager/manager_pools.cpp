// SPDX-License-Identifier: BSL-1.0
// Identifiers, connection strings, and a manager's pools as a whole.
#include "manager/in_parallel.hpp"
#include "manager/manager_impl.hpp"
#include "pool/pool_impl.hpp"

#include <copg/manager/manager.hpp>

#include <boost/asio/this_coro.hpp>

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

asio::awaitable<void> drain_into(std::shared_ptr<detail::pool_impl> closing,
                                 std::chrono::milliseconds grace,
                                 std::shared_ptr<std::vector<pool_shutdown>> reports,
                                 std::size_t at) {
    auto drained = co_await closing->drain(closing, grace);
    reports->at(at).drained = std::move(drained);
}

asio::awaitable<shutdown_report> shut_down(std::shared_ptr<detail::manager_impl> manager,
                                           std::chrono::milliseconds grace) {
    auto const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    auto const started = std::chrono::steady_clock::now();
    auto const pools = manager->close();
    for (auto const& pool : pools)
        pool->close(); // all at once
    auto const reports = std::make_shared<std::vector<pool_shutdown>>(pools.size());
    std::vector<asio::awaitable<void>> draining;
    for (std::size_t i = 0; i < pools.size(); ++i) {
        reports->at(i).target = pools[i]->target().target().redacted();
        draining.push_back(drain_into(pools[i], grace, reports, i));
    }
    co_await detail::in_parallel(
        manager->executor, std::move(draining), detail::cancelling::not_heeded);
    co_await asio::this_coro::throw_if_cancelled(throws);
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
    wanted->require_postgres();
    return verified_handle(pool_handle{impl_->identifiers->claim(wanted)});
}

asio::awaitable<pool> manager::dsn_pool(std::string dsn_text) const {
    target const where{.dsn = std::move(dsn_text)};
    return verified_pool(
        impl_->register_target(scope_key::kind::named, {}, where)->leads_to()->leads_to);
}

asio::awaitable<shutdown_report> manager::shutdown(std::chrono::milliseconds grace) {
    return shut_down(impl_, grace);
}

void manager::close() noexcept {
    for (auto const& pool : impl_->close())
        pool->close();
}

} // namespace copg
