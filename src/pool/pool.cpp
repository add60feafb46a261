// SPDX-License-Identifier: BSL-1.0
#include "pool/pool_impl.hpp"

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
        std::make_shared<detail::pool_impl>(std::move(executor), std::move(target), options);
    owner_ = std::make_shared<detail::pool_owner>(impl);
    impl->start();
}

asio::awaitable<lease> pool::acquire(session bound_to) const {
    auto const& impl = owner_->impl();
    return impl->acquire(std::move(bound_to), impl->options().acquire_timeout);
}

asio::awaitable<lease> pool::acquire(session bound_to, std::chrono::milliseconds timeout) const {
    return owner_->impl()->acquire(std::move(bound_to), timeout);
}

asio::awaitable<void> pool::ping() const {
    return ping_one(*this);
}

lease pool::try_acquire(session bound_to) const {
    auto const& impl = owner_->impl();
    auto* const slot = impl->take(bound_to);
    return slot == nullptr ? lease{} : lease{impl, *slot, std::move(bound_to)};
}

void pool::close() const noexcept {
    owner_->impl()->close();
}

pool_statistics pool::statistics() const noexcept {
    return owner_->impl()->statistics();
}

pool_options const& pool::options() const noexcept {
    return owner_->impl()->options();
}

connect_options const& pool::target() const noexcept {
    return owner_->impl()->target();
}

} // namespace copg
