// SPDX-License-Identifier: BSL-1.0
#include "driver/backend_state.hpp"

namespace copg::detail {

using action = segment_item::action;

bool is_statement_loss(segment_answer const& answer) noexcept {
    return answer.stale_plan || answer.state == sqlstate::invalid_sql_statement_name ||
           answer.state == sqlstate::duplicate_prepared_statement;
}

void backend_state::learn(segment const& sent, segment_answer const& answer) {
    auto const succeeded = answer.failed() ? answer.failed_item : sent.items.size();
    for (std::size_t i = 0; i < sent.items.size(); ++i) {
        auto const& item = sent.items[i];
        if (i < succeeded)
            learn_success(sent, item);
        else if (item.cached != nullptr && item.what == action::prepare) // did not happen
            statements_.lost(*item.cached);
    }
    if (succeeded < sent.items.size() && sent.items[succeeded].cached != nullptr)
        learn_loss(sent, answer);
    if (sent.drops_statements) // even if it failed behind that: DEALLOCATE is not undone
        statements_.forget_all();
    if (answer.failed())
        return;
    if (sent.is_reset) {
        reset_due_ = leftovers::none;
        reset_required_ = false;
    }
    if (sent.binds_session)
        reset_required_ = true; // should nobody come to unbind it
    if (sent.unbinds_session)
        reset_required_ = false;
}

void backend_state::learn_success(segment const& sent, segment_item const& item) {
    if (item.what == action::prepare && item.cached != nullptr)
        statements_.prepared(*item.cached); // stays, whatever fails after it
    else if (item.purpose == step::prelude && sent.checked_schemas != 0)
        learn_schemas(sent.checked_schemas);
}

/// An item that runs what copg has prepared has failed.
void backend_state::learn_loss(segment const& sent, segment_answer const& answer) {
    auto& failed = *sent.items[answer.failed_item].cached;
    // A name that should be known is taken for a sign that none is: DEALLOCATE ALL in a function.
    if (answer.state == sqlstate::invalid_sql_statement_name && statements_.is_prepared(failed))
        statements_.forget_all();
    if (answer.state == sqlstate::invalid_sql_statement_name ||
        answer.state == sqlstate::duplicate_prepared_statement)
        statements_.lost(failed);
    if (!answer.stale_plan)
        return;
    for (auto const& item : sent.items) // what outdates one plan outdates its neighbours' too
        if (item.cached != nullptr)
            statements_.outdated(*item.cached);
}

void backend_state::learn_schemas(std::size_t hash) {
    constexpr std::size_t most = 16'384; // beyond: start over rather than grow with the tenants
    if (schemas_.size() >= most)
        schemas_.clear();
    schemas_.insert(hash);
}

void backend_state::end_borrow(reset_policy policy) noexcept {
    switch (policy) {
    case reset_policy::none:
        reset_due_ = leftovers::none;
        break;
    case reset_policy::standard:
        reset_due_ = std::max(reset_due_, marks_);
        break;
    case reset_policy::always:
        reset_due_ = leftovers::anything;
        break;
    }
    marks_ = leftovers::none;
    if (!transactions_.empty())
        transactions_.leave_all();
    if (reset_due_ != leftovers::none)
        meaning_ = 0; // the next statement comes behind the reset
}

} // namespace copg::detail
