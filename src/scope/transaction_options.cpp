// SPDX-License-Identifier: BSL-1.0
#include <copg/scope/transaction_options.hpp>

#include <algorithm>

namespace copg {

transaction_options::transaction_options() noexcept = default;

transaction_options::transaction_options(transaction_modes const& modes) noexcept : modes_{modes} {}

transaction_options& transaction_options::isolation(copg::isolation level) noexcept {
    modes_.isolation(level);
    return *this;
}

transaction_options& transaction_options::read_only(bool value) noexcept {
    modes_.read_only(value);
    return *this;
}

transaction_options& transaction_options::deferrable(bool value) noexcept {
    modes_.deferrable(value);
    return *this;
}

transaction_options& transaction_options::timeout(std::chrono::milliseconds limit) noexcept {
    timeout_ = limit;
    return *this;
}

transaction_options& transaction_options::nesting(copg::nesting how) noexcept {
    nesting_ = how;
    return *this;
}

transaction_options& transaction_options::resolvable(bool value) noexcept {
    resolvable_ = value;
    return *this;
}

transaction_options& transaction_options::retry(retry_policy policy) {
    retry_ = policy;
    return *this;
}

transaction_options& transaction_options::retry(retry_policy policy, retry_budget budget) {
    retry_ = policy;
    budget_ = std::move(budget);
    return *this;
}

retry_policy transaction_options::serialization_retries() noexcept {
    retry_policy policy;
    policy.attempts = 10;
    policy.delay = std::chrono::milliseconds{10};
    policy.maximum_delay = std::chrono::milliseconds{500};
    policy.jitter = 1;
    return policy;
}

transaction_options& transaction_options::end_timeout(std::chrono::milliseconds limit) noexcept {
    end_timeout_ = std::max(limit, std::chrono::milliseconds{1});
    return *this;
}

} // namespace copg
