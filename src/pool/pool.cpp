// SPDX-License-Identifier: BSL-1.0
#include "pool/pool_impl.hpp"

#include <copg/base/context_executor.hpp>
#include <copg/pool/pool.hpp>

namespace copg {
namespace {

asio::awaitable<void> ping_one(pool shared) {
    auto const lent = co_await shared.acquire();
    co_await lent.ping();
}

} // namespace

pool::pool(asio::any_io_executor executor, connect_options target, pool_options const& options) {
    auto impl =
        std::make_shared<detail::pool_impl>(leave_scope(executor), std::move(target), options);
    owner_ = std::make_shared<detail::pool_owner>(impl);
    impl->start();
}

asio::awaitable<lease> pool::acquire(session bound_to, std::source_location where) const {
    auto const& impl = owner_->impl();
    return impl->acquire(impl, {std::move(bound_to), impl->acquire_timeout(), where});
}

asio::awaitable<lease> pool::acquire(session bound_to,
                                     std::chrono::milliseconds timeout,
                                     std::source_location where) const {
    auto const& impl = owner_->impl();
    return impl->acquire(impl, {std::move(bound_to), timeout, where});
}

asio::awaitable<void> pool::ping() const {
    return ping_one(*this);
}

lease pool::try_acquire(session bound_to, std::source_location where) const {
    auto const& impl = owner_->impl();
    auto* const slot = impl->has_grant_hook() ? nullptr : impl->take(bound_to, where);
    return slot == nullptr ? lease{} : lease{impl, *slot, std::move(bound_to)};
}

void pool::resize(std::size_t minimum, std::size_t maximum) const {
    owner_->impl()->resize(minimum, maximum);
}

void pool::pause() const {
    owner_->impl()->pause(true);
}

void pool::resume() const {
    owner_->impl()->pause(false);
}

void pool::refresh() const {
    owner_->impl()->refresh(std::nullopt);
}

void pool::refresh(connect_options target) const {
    owner_->impl()->refresh(std::move(target));
}

void pool::close() const noexcept {
    owner_->impl()->close();
}

asio::awaitable<drain_report> pool::drain(std::chrono::milliseconds grace) const {
    auto const& impl = owner_->impl();
    return impl->drain(impl, grace);
}

pool_statistics pool::statistics() const {
    return owner_->impl()->statistics();
}

pool_load pool::load() const noexcept {
    return owner_->impl()->load();
}

std::vector<lease_info> pool::leases() const {
    return owner_->impl()->leases();
}

pool_options pool::options() const {
    return owner_->impl()->options();
}

connect_options pool::target() const {
    return owner_->impl()->target();
}

} // namespace copg
