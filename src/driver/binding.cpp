// SPDX-License-Identifier: BSL-1.0
#include "driver/binding.hpp"

#include <algorithm>

namespace copg::detail {
namespace {

constexpr std::chrono::milliseconds unknown_limit{-1}; // no wish is equal to it

} // namespace

bool segment_plan::contains(step wanted) const noexcept {
    return std::find(begin(), end(), wanted) != end();
}

void segment_plan::add_once(step wanted) noexcept {
    if (!contains(wanted))
        steps_[size_++] = wanted;
}

segment_plan segment_plan::without(step unwanted) const noexcept {
    segment_plan rest{};
    for (auto const s : *this)
        if (s != unwanted)
            rest.add_once(s);
    return rest;
}

segment_plan binding::plan(statement_kind kind, binding_wish wish) const noexcept {
    using enum statement_kind;
    auto const control = is_transaction_control(kind) || kind == transaction_point;

    if (state_ == transaction_state::failed) // the server skips anything but the user's ROLLBACK
        return {step::statement};
    if (state_ == transaction_state::open)
        return plan_in_transaction(control, wish);
    if (!wish.session) {
        if (wish.limit.count() > 0 && !control)
            return {step::limit, step::statement};
        return {step::statement};
    }
    if (kind == begin) // BEGIN ISOLATION LEVEL fails behind any other statement
        return {step::statement, step::prelude};
    if (control)
        return {step::statement};
    if (kind == procedure) // so that a COMMIT inside fails instead of losing the prelude
        return {step::begin, step::prelude, step::statement, step::commit};
    return {step::prelude, step::statement};
}

segment_plan binding::plan_in_transaction(bool control, binding_wish wish) const noexcept {
    if (control)
        return {step::statement};
    if (wish.session && !in_force_)
        return {step::prelude, step::statement};
    if (wish.limit != limit_)
        return {step::limit, step::statement};
    return {step::statement};
}

segment_plan binding::plan_with_begin(binding_wish wish) noexcept {
    if (wish.session)
        return {step::begin, step::prelude, step::statement};
    if (wish.limit.count() > 0)
        return {step::begin, step::limit, step::statement};
    return {step::begin, step::statement};
}

void binding::prelude_succeeded(std::chrono::milliseconds limit) noexcept {
    prelude_sent_ = true;
    limit_ = limit;
}

void binding::tag_seen(std::string_view tag) noexcept {
    if (tag == "BEGIN" || tag == "START TRANSACTION" || tag == "COMMIT" ||
        tag == "PREPARE TRANSACTION")
        ++boundaries_;
    // ROLLBACK TO has the tag ROLLBACK too, and can undo a prelude sent inside the savepoint.
    if (tag == "COMMIT" || tag == "ROLLBACK" || tag == "PREPARE TRANSACTION") {
        prelude_sent_ = false;
        in_force_ = false;
        limit_ = unknown_limit;
    }
}

void binding::segment_ended(transaction_state state) noexcept {
    state_ = state;
    in_force_ = state != transaction_state::idle && (in_force_ || prelude_sent_);
    prelude_sent_ = false;
    if (state == transaction_state::idle)
        limit_ = {};
}

} // namespace copg::detail
