// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/base/retry_budget.hpp>

#include <algorithm>
#include <mutex>

namespace copg {

struct retry_budget::state {
    double const per_success;
    double const most;
    std::mutex mutex;
    double left; // guarded by mutex
};

retry_budget::retry_budget(double per_success, double most) {
    if (!(per_success >= 0) || !(most >= 1)) // NaN is neither
        throw error{errc::invalid_configuration,
                    "a retry budget: per_success must not be negative, most must be at least 1"};
    state_ = std::shared_ptr<state>{new state{per_success, most, {}, most}};
}

bool retry_budget::take() const noexcept {
    std::lock_guard const lock{state_->mutex};
    if (state_->left < 1)
        return false;
    state_->left -= 1;
    return true;
}

void retry_budget::succeeded() const noexcept {
    std::lock_guard const lock{state_->mutex};
    state_->left = std::min(state_->most, state_->left + state_->per_success);
}

double retry_budget::left() const noexcept {
    std::lock_guard const lock{state_->mutex};
    return state_->left;
}

} // namespace copg
