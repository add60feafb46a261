// SPDX-License-Identifier: BSL-1.0
#include "driver/transaction_levels.hpp"

#include <utility>

namespace copg::detail {

std::string savepoint_name(unsigned number) {
    return "copg_" + std::to_string(number);
}

std::shared_ptr<transaction_level> transaction_levels::enter(bool inside) {
    if (!inside)
        leave_all();
    unsigned number = 0;
    if (inside)
        number = innermost_ == nullptr ? 1 : innermost_->savepoint + 1;
    innermost_ = std::make_shared<transaction_level>(transaction_level{number, innermost_});
    return innermost_;
}

void transaction_levels::close_innermost() noexcept {
    innermost_->open = false;
    auto outer = innermost_->outer;
    innermost_ = std::move(outer);
}

void transaction_levels::leave(transaction_level const& ended) noexcept {
    if (!ended.open)
        return;
    while (innermost_.get() != &ended)
        close_innermost();
    close_innermost();
}

void transaction_levels::leave_all() noexcept {
    while (innermost_ != nullptr)
        close_innermost();
}

bool transaction_levels::abandon(transaction_level const& left) noexcept {
    if (!left.open)
        return false;
    leave(left);
    for (auto* around = left.outer.get(); around != nullptr; around = around->outer.get())
        around->doomed = true;
    return left.outer == nullptr;
}

} // namespace copg::detail
