// SPDX-License-Identifier: BSL-1.0
#include "driver/runner.hpp"

#include "driver/perform.hpp"
#include "driver/session_bound.hpp"

#include <optional>

namespace copg::detail {
namespace {

errc loss_code(segment_plan const& plan, transaction_state state, statement_kind kind) {
    if (state != transaction_state::idle)
        return kind == statement_kind::commit ? errc::transaction_in_doubt : errc::connection_lost;
    auto const commits = !plan.contains(step::begin) || plan.contains(step::commit);
    return commits ? errc::statement_in_doubt : errc::connection_lost;
}

std::string const& plain_begin() {
    static std::string const sql = "begin";
    return sql;
}

} // namespace

void refuse_unsupported(statement_kind kind) {
    if (kind == statement_kind::empty)
        throw error{errc::empty_query, "the SQL text holds no statement"};
    if (kind == statement_kind::copy_stream)
        throw error{errc::unsupported_statement,
                    "COPY FROM STDIN and TO STDOUT move data: use copy_in() and copy_out()"};
}

sql_traits admit(connection_impl& connection, statement const& statement) {
    auto const traits = traits_of(statement.sql());
    refuse_unsupported(traits.kind);
    connection.backend().mark(traits.after);
    if (is_transaction_control(traits.kind) || traits.kind == statement_kind::transaction_point)
        connection.backend().mark_transaction_end();
    if (traits.kind == statement_kind::commit || traits.kind == statement_kind::rollback)
        connection.backend().transactions().leave_all();
    return traits;
}

asio::awaitable<result> run_statement(std::shared_ptr<connection_impl> connection,
                                      session session,
                                      statement statement,
                                      usage how) {
    std::optional<claim> mine;
    if (how == usage::claimed)
        mine.emplace(connection, statement.where());
    if (!is_ready(*connection))
        co_await get_ready(*connection);
    auto const traits = admit(*connection, statement);

    auto const limit = limit_of(*connection, statement);
    segment_builder builder{
        connection->backend(), session, statement, traits, plain_begin(), limit};
    for (bool retried = false;; retried = true) {
        prepare_to_build(*connection);
        auto const now = connection->binding_at_rest();
        auto const plan = now.plan(traits.kind, builder.wish());
        auto segment = builder.build(plan, now.prelude_sets_limit(builder.wish()));
        segment.on_loss = loss_code(plan, now.state(), traits.kind);
        auto const implicit =
            now.state() == transaction_state::idle && traits.kind == statement_kind::ordinary;
        exchange::clock::time_point started;
        if (limit.count() > 0)
            started = exchange::clock::now();
        own_transaction around{*connection};
        if (plan.contains(step::begin))
            around.began();
        segment_answer answer;
        if (has_company(*connection, implicit)) {
            answer = co_await perform_one(*connection, segment, limit, implicit);
        } else { // as perform_one, without its frame
            segment_exchange e{*connection, {&segment, 1}, {&answer, 1}};
            co_await connection->perform(e, limit);
            e.throw_if_failed();
        }
        if (around.is_open() && answer.failed())
            co_await roll_back(*connection);
        around.ended();
        if (!answer.failed())
            co_return std::move(answer.rows);

        // Dropped or outdated behind our back: nothing has happened yet, prepare it again.
        if (!retried && implicit && lost_own_statement(segment, answer))
            continue;
        if (!implicit || answer.state != sqlstate::active_sql_transaction ||
            plan == segment_plan{step::statement})
            rethrow(answer, limit, started);
        break;
    }
    // No transaction block allows it, and nothing has happened.
    if (!session.empty()) {
        auto rows = co_await run_session_bound(*connection, session, statement);
        co_return rows;
    }
    auto const alone = builder.build({step::statement}, false);
    auto answer = co_await perform_one(*connection, alone, limit);
    if (answer.failed())
        std::rethrow_exception(answer.error);
    co_return std::move(answer.rows);
}

asio::awaitable<void>
open_held(connection_impl& connection, std::string const& begin_sql, session const& session) {
    statement const none{""};
    segment_builder builder{connection.backend(), session, none, {}, begin_sql, {}};
    for (bool retried = false;; retried = true) {
        prepare_to_build(connection);
        auto const plan =
            session.empty() ? segment_plan{step::begin} : segment_plan{step::begin, step::prelude};
        auto segment = builder.build(plan, false);
        segment.on_loss = errc::connection_lost;
        auto const answer = co_await perform_one(connection, segment, {});
        if (!answer.failed())
            co_return;
        if (retried || !lost_own_statement(segment, answer))
            std::rethrow_exception(answer.error);
        co_await roll_back(connection);
    }
}

asio::awaitable<void> bind_held(connection_impl& connection, session const& session) {
    std::string const no_begin;
    statement const none{""};
    segment_builder builder{connection.backend(), session, none, {}, no_begin, {}};
    prepare_to_build(connection);
    auto segment = builder.build({step::prelude}, connection.binding_now().prelude_sets_limit({}));
    segment.on_loss = errc::connection_lost;
    auto const answer = co_await perform_one(connection, segment, {});
    if (answer.failed())
        std::rethrow_exception(answer.error);
}

asio::awaitable<result> describe_held(connection_impl& connection, std::string const& sql) {
    using action = segment_item::action;
    segment described;
    described.on_loss = errc::connection_lost;
    described.items.push_back({action::prepare, step::begin, "", sql.c_str(), nullptr});
    described.items.push_back({action::describe, step::begin, "", "", nullptr});
    prepare_to_build(connection);
    auto answer = co_await perform_one(connection, described, {});
    if (answer.failed())
        std::rethrow_exception(answer.error);
    co_return std::move(answer.rows);
}

asio::awaitable<std::string>
run_control(std::shared_ptr<connection_impl> connection, std::string sql, errc on_loss) {
    claim const mine{connection, std::source_location::current()};
    if (!is_ready(*connection))
        co_await get_ready(*connection);
    auto const control = plain_segment(sql.c_str(), step::commit, on_loss);
    auto answer = co_await perform_one(*connection, control, {});
    if (answer.failed())
        std::rethrow_exception(answer.error);
    co_return std::move(answer.tag);
}

asio::awaitable<transaction_state> settled_state(std::shared_ptr<connection_impl> connection,
                                                 std::source_location where) {
    claim const mine{connection, where};
    if (!is_ready(*connection))
        co_await get_ready(*connection);
    co_return connection->binding_at_rest().state();
}

asio::awaitable<void> make_ready(std::shared_ptr<connection_impl> connection) {
    claim const mine{connection, std::source_location::current()};
    co_await get_ready(*connection);
    if (connection->binding_now().state() != transaction_state::idle)
        co_await roll_back(*connection);
}

} // namespace copg::detail
