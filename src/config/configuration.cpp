// SPDX-License-Identifier: BSL-1.0
#include <copg/config/configuration.hpp>

#include <algorithm>

namespace copg::config {

retry_policy manager_settings::retry() const {
    retry_policy policy;
    policy.attempts = std::max<std::size_t>(1, retry_attempts); // there 0 means no limit
    policy.delay = retry_delay;
    policy.maximum_delay = retry_max_delay;
    return policy;
}

definition const* configuration::find(std::string_view name) const noexcept {
    auto const found = std::ranges::find(definitions, name, &definition::name);
    return found == definitions.end() ? nullptr : &*found;
}

} // namespace copg::config
