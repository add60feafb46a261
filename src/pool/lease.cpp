// SPDX-License-Identifier: BSL-1.0
#include "driver/runner.hpp"
#include "pool/pool_impl.hpp"

#include <copg/pool/lease.hpp>

namespace copg {

lease::lease(std::shared_ptr<detail::pool_impl> pool,
             detail::pool_slot& slot,
             copg::session bound_to) noexcept
    : pool_{std::move(pool)}, slot_{&slot}, session_{std::move(bound_to)} {}

lease& lease::operator=(lease&& other) noexcept {
    if (this != &other) {
        release();
        pool_ = std::move(other.pool_);
        slot_ = std::exchange(other.slot_, nullptr);
        session_ = std::move(other.session_);
    }
    return *this;
}

asio::awaitable<result> lease::run(statement statement) const {
    if (slot_ == nullptr)
        return detail::failed(
            error{errc::lease_released, "the lease holds no connection any more"});
    return detail::run_statement(slot_->connection, session_, std::move(statement));
}

asio::awaitable<detail::bound_connection> lease::bind() const {
    if (slot_ == nullptr)
        throw error{errc::lease_released, "the lease holds no connection any more"};
    co_return detail::bound_connection{slot_->connection, session_};
}

void lease::release() noexcept {
    if (auto* const slot = std::exchange(slot_, nullptr))
        std::exchange(pool_, nullptr)->release(*slot);
}

void lease::discard() noexcept {
    if (auto* const slot = std::exchange(slot_, nullptr))
        std::exchange(pool_, nullptr)->discard(*slot, close_reason::discarded);
}

std::string lease::parameter_status(char const* name) const {
    return slot_ == nullptr ? std::string{} : slot_->connection->parameter_status(name);
}

int lease::backend_pid() const noexcept {
    return slot_ == nullptr ? 0 : slot_->connection->backend_pid();
}

} // namespace copg
