// SPDX-License-Identifier: BSL-1.0
#include "driver/segment_builder.hpp"

#include "driver/sql_classifier.hpp"

namespace copg::detail {
namespace {

using action = segment_item::action;

/// The prelude of those who have no session: it sets the statement timeout.
std::string const& limit_sql() {
    static auto const shape = prelude_shape::of({}, 0);
    return shape->sql(false, true);
}

std::span<unsigned const> types_of(wire_parameters const& parameters) noexcept {
    return {parameters.types(), static_cast<std::size_t>(parameters.count())};
}

std::string text_of(std::chrono::milliseconds limit) {
    return limit.count() > 0 ? std::to_string(limit.count()) : std::string{};
}

} // namespace

segment_builder::segment_builder(backend_state& backend,
                                 session const& session,
                                 statement const& statement,
                                 sql_traits const& traits,
                                 std::string const& begin_sql,
                                 std::chrono::milliseconds limit)
    : backend_{backend},
      session_{session.data()},
      statement_{statement},
      traits_{traits},
      begin_sql_{begin_sql},
      limit_{limit},
      limit_text_{text_of(limit)},
      statement_parameters_{statement} {}

segment segment_builder::build(segment_plan const& plan, bool sets_limit) {
    segment built;
    for (auto const s : plan) {
        switch (s) {
        case step::begin:
            built.items.push_back({action::run_sql, s, "", begin_sql_.c_str(), nullptr});
            break;
        case step::prelude:
            add_prelude(built, sets_limit);
            break;
        case step::points:
            for (auto const& point : *points_)
                built.items.push_back({action::run_sql, s, "", point.c_str(), nullptr});
            break;
        case step::question:
            built.items.push_back({action::run_sql, s, "", question_, nullptr});
            break;
        case step::limit:
            add_limit(built);
            break;
        case step::statement:
            add_statement(built);
            break;
        case step::commit:
            built.items.push_back({action::run_sql, s, "", "commit", nullptr});
            break;
        }
    }
    built.drops_statements = traits_.drops_statements;
    return built;
}

char const* segment_builder::limit_value() const noexcept {
    return limit_text_.empty() ? nullptr : limit_text_.c_str(); // null: back to the server's own
}

void segment_builder::add_prelude(segment& built, bool sets_limit) {
    auto const checks =
        !session_->schemas.empty() && !backend_.knows_schemas(session_->schemas_hash);
    own_parameters_ = wire_parameters{};
    for (auto const& setting : session_->settings)
        own_parameters_.add_text(setting.value ? setting.value->c_str() : nullptr);
    if (checks)
        for (auto const& schema : session_->schemas)
            own_parameters_.add_text(schema.c_str());
    if (sets_limit)
        own_parameters_.add_text(limit_value());
    built.checked_schemas = checks ? session_->schemas_hash : 0;
    built.limit = limit_;
    add_own(built, step::prelude, session_->shape->sql(checks, sets_limit));
}

void segment_builder::add_limit(segment& built) {
    own_parameters_ = wire_parameters{};
    own_parameters_.add_text(limit_value());
    built.limit = limit_;
    add_own(built, step::limit, limit_sql());
}

void segment_builder::add_own(segment& built, step purpose, std::string const& sql) {
    auto* const cached = backend_.statements().use({sql, types_of(own_parameters_), 0},
                                                   statement_cache::naming::at_once);
    segment_item const item{action::run_sql, purpose, "", sql.c_str(), &own_parameters_};
    if (!run_under_name(built, item, cached))
        built.items.push_back(item);
}

void segment_builder::add_statement(segment& built) {
    segment_item item{
        action::run_sql, step::statement, "", statement_.sql().c_str(), &statement_parameters_};
    item.text_results = statement_.wants_text();
    cached_statement* cached = nullptr;
    if (traits_.kind == statement_kind::ordinary && !traits_.drops_statements)
        cached = backend_.statements().use({statement_.sql(),
                                            types_of(statement_parameters_),
                                            session_ == nullptr ? 0 : session_->binding_hash,
                                            backend_.meaning()});
    if (!run_under_name(built, item, cached))
        built.items.push_back(item);
}

/// Builds the item as an execution of a named statement, which is prepared first if it must be.
bool segment_builder::run_under_name(segment& built, segment_item item, cached_statement* cached) {
    if (cached == nullptr)
        return false;
    if (!backend_.statements().stands(*cached)) {
        backend_.statements().prepare(*cached);
        item.what = action::prepare;
        item.name = cached->name.c_str();
        item.cached = cached;
        built.items.push_back(item);
    }
    item.what = action::run_prepared;
    item.name = cached->name.c_str();
    item.cached = cached;
    built.items.push_back(item);
    return true;
}

segment plain_segment(char const* sql, step purpose, errc on_loss) {
    segment plain;
    plain.items.push_back({action::run_sql, purpose, "", sql, nullptr});
    plain.on_loss = on_loss;
    return plain;
}

} // namespace copg::detail
