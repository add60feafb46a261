// SPDX-License-Identifier: BSL-1.0
#include "driver/backend_state.hpp"

namespace copg::detail {

std::string const* backend_state::prepared_name(std::string const& sql) const {
    auto const found = names_.find(sql);
    return found == names_.end() ? nullptr : &found->second;
}

void backend_state::learn_schemas(std::size_t hash) {
    constexpr std::size_t most = 16'384; // beyond: start over rather than grow with the tenants
    if (schemas_.size() >= most)
        schemas_.clear();
    schemas_.insert(hash);
}

void backend_state::end_borrow(reset_policy policy) noexcept {
    reset_due_ =
        policy != reset_policy::none && (reset_due_ || dirty_ || policy == reset_policy::always);
    dirty_ = false;
}

} // namespace copg::detail
