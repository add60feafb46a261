// SPDX-License-Identifier: BSL-1.0
#include "driver/runner.hpp"
#include "pool/begun_transaction.hpp"
#include "pool/pool_impl.hpp"

#include <copg/pool/lease.hpp>

namespace copg {
namespace {

error released() {
    return {errc::lease_released, "the lease holds no connection any more"};
}

asio::awaitable<explicit_transaction>
begin_on(detail::transaction_place place, transaction_modes modes, std::source_location where) {
    auto begun = co_await detail::begun_transaction::begin(std::move(place), modes, where);
    co_return explicit_transaction{std::move(begun)};
}

} // namespace

lease::lease(std::shared_ptr<detail::pool_impl> pool,
             detail::pool_slot& slot,
             copg::session bound_to) noexcept
    : owner_{std::move(pool)}, slot_{&slot}, session_{std::move(bound_to)} {}

lease::lease(std::shared_ptr<detail::connection_lender> lender, copg::session bound_to) noexcept
    : owner_{std::move(lender)}, session_{std::move(bound_to)} {}

lease& lease::operator=(lease&& other) noexcept {
    if (this != &other) {
        release();
        owner_ = std::move(other.owner_);
        slot_ = std::exchange(other.slot_, nullptr);
        session_ = std::move(other.session_);
    }
    return *this;
}

detail::connection_lender* lease::lender() const noexcept {
    return slot_ == nullptr ? static_cast<detail::connection_lender*>(owner_.get()) : nullptr;
}

std::shared_ptr<detail::connection_impl> lease::connection() const noexcept {
    if (slot_ != nullptr)
        return slot_->connection;
    auto const* const lends = lender();
    return lends == nullptr ? nullptr : lends->connection();
}

asio::awaitable<result> lease::run(statement statement) const {
    if (slot_ != nullptr)
        return detail::run_statement(slot_->connection, session_, std::move(statement));
    if (auto* const lends = lender())
        return lends->run(std::move(statement));
    return detail::failed(released());
}

asio::awaitable<detail::bound_connection> lease::bind() const {
    if (slot_ != nullptr)
        co_return detail::bound_connection{slot_->connection, session_};
    auto* const lends = lender();
    if (lends == nullptr)
        throw released();
    auto bound = co_await lends->bind();
    co_return bound;
}

asio::awaitable<explicit_transaction> lease::begin(transaction_modes modes,
                                                   std::source_location where) const {
    std::shared_ptr<detail::connection_lender> lends;
    if (slot_ == nullptr)
        lends = std::static_pointer_cast<detail::connection_lender>(owner_);
    return begin_on({connection(), session_, std::move(lends)}, modes, where);
}

void lease::release() noexcept {
    auto const owner = std::move(owner_);
    if (auto* const slot = std::exchange(slot_, nullptr))
        static_cast<detail::pool_impl*>(owner.get())->release(*slot);
}

void lease::discard() noexcept {
    auto const owner = std::move(owner_);
    if (auto* const slot = std::exchange(slot_, nullptr))
        static_cast<detail::pool_impl*>(owner.get())->discard(*slot, close_reason::discarded);
    else if (owner != nullptr)
        static_cast<detail::connection_lender*>(owner.get())->discard();
}

std::string lease::parameter_status(char const* name) const {
    auto const held = connection();
    return held == nullptr ? std::string{} : held->parameter_status(name);
}

int lease::backend_pid() const noexcept {
    auto const held = connection();
    return held == nullptr ? 0 : held->backend_pid();
}

} // namespace copg
