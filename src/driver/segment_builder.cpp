// SPDX-License-Identifier: BSL-1.0
#include "driver/segment_builder.hpp"

#include "driver/sql_classifier.hpp"

namespace copg::detail {

using action = segment_item::action;

segment_builder::segment_builder(backend_state& backend,
                                 session const& session,
                                 statement const& statement,
                                 std::string const& begin_sql)
    : backend_{backend},
      session_{session.data()},
      statement_{statement},
      begin_sql_{begin_sql},
      statement_parameters_{statement} {}

segment segment_builder::build(segment_plan const& plan) {
    segment built;
    new_name_.clear();
    if (backend_.reset_due()) // it goes out in front, and drops what was prepared
        backend_.forget_statements();
    for (auto const s : plan) {
        switch (s) {
        case step::begin:
            built.items.push_back({action::run_sql, s, "", begin_sql_.c_str(), nullptr});
            break;
        case step::prelude:
            add_prelude(built);
            break;
        case step::statement:
            built.items.push_back(
                {action::run_sql, s, "", statement_.sql().c_str(), &statement_parameters_});
            break;
        case step::commit:
            built.items.push_back({action::run_sql, s, "", "commit", nullptr});
            break;
        }
    }
    return built;
}

void segment_builder::add_prelude(segment& segment) {
    checks_schemas_ = !session_->schemas.empty() && !backend_.knows_schemas(session_->schemas_hash);
    prelude_sql_ = checks_schemas_ ? &session_->checking_sql : &session_->prelude_sql;
    prelude_parameters_ = wire_parameters{};
    for (auto const& setting : session_->settings)
        prelude_parameters_.add_text(setting.value ? setting.value->c_str() : nullptr);
    if (checks_schemas_)
        for (auto const& schema : session_->schemas)
            prelude_parameters_.add_text(schema.c_str());

    auto const* sql = prelude_sql_->c_str();
    if (!backend_.names_statements()) {
        segment.items.push_back({action::run_sql, step::prelude, "", sql, &prelude_parameters_});
        return;
    }
    auto const* name = backend_.prepared_name(*prelude_sql_);
    if (name == nullptr) {
        new_name_ = backend_.next_name();
        name = &new_name_;
        segment.items.push_back({action::prepare, step::prelude, name->c_str(), sql, nullptr});
    }
    segment.items.push_back(
        {action::run_prepared, step::prelude, name->c_str(), sql, &prelude_parameters_});
}

void segment_builder::learn(segment const& sent, segment_answer const& answer) {
    if (drops_statements(statement_.sql())) {
        backend_.forget_statements();
        return;
    }
    auto const succeeded = answer.failed() ? answer.failed_item : sent.items.size();
    for (std::size_t i = 0; i < succeeded; ++i) {
        auto const& item = sent.items[i];
        if (item.purpose != step::prelude)
            continue;
        if (item.what == action::prepare)
            backend_.remember(*prelude_sql_, new_name_); // stays, whatever fails after it
        else if (checks_schemas_)
            backend_.learn_schemas(session_->schemas_hash);
    }
}

segment plain_segment(char const* sql, step purpose, errc on_loss) {
    segment plain;
    plain.items.push_back({action::run_sql, purpose, "", sql, nullptr});
    plain.on_loss = on_loss;
    return plain;
}

} // namespace copg::detail
