// SPDX-License-Identifier: BSL-1.0
#include "driver/binding.hpp"

#include <algorithm>

namespace copg::detail {

bool segment_plan::contains(step wanted) const noexcept {
    return std::find(begin(), end(), wanted) != end();
}

segment_plan binding::plan(statement_kind kind) const noexcept {
    using enum statement_kind;
    auto const control = is_transaction_control(kind) || kind == transaction_point;

    switch (state_) {
    case transaction_state::failed: // anything but the user's ROLLBACK is skipped by the server
        return {step::statement};
    case transaction_state::open:
        if (in_force_ || control)
            return {step::statement};
        return {step::prelude, step::statement};
    case transaction_state::idle:
        break;
    }
    if (kind == begin) // BEGIN ISOLATION LEVEL fails behind any other statement
        return {step::statement, step::prelude};
    if (control)
        return {step::statement};
    if (kind == procedure) // so that a COMMIT inside fails instead of losing the prelude
        return {step::begin, step::prelude, step::statement, step::commit};
    return {step::prelude, step::statement};
}

segment_plan binding::plan_with_begin(bool has_session) noexcept {
    if (has_session)
        return {step::begin, step::prelude, step::statement};
    return {step::begin, step::statement};
}

void binding::tag_seen(std::string_view tag) noexcept {
    // ROLLBACK TO has the tag ROLLBACK too, and can undo a prelude sent inside the savepoint.
    if (tag == "COMMIT" || tag == "ROLLBACK" || tag == "PREPARE TRANSACTION") {
        prelude_sent_ = false;
        in_force_ = false;
    }
}

void binding::segment_ended(transaction_state state) noexcept {
    state_ = state;
    in_force_ = state != transaction_state::idle && (in_force_ || prelude_sent_);
    prelude_sent_ = false;
}

} // namespace copg::detail
