// SPDX-License-Identifier: BSL-1.0
#include "driver/session_bound.hpp"

#include "driver/perform.hpp"
#include "driver/runner.hpp"
#include "driver/script_exchange.hpp"

#include <array>

namespace copg::detail {
namespace {

asio::awaitable<void> bind(connection_impl& connection, session_data const& data) {
    auto const sql = data.session_wide_sql();
    wire_parameters parameters;
    for (auto const& setting : data.settings)
        parameters.add_text(setting.value ? setting.value->c_str() : nullptr);
    for (auto const& schema : data.schemas)
        parameters.add_text(schema.c_str());
    auto binding = plain_segment(sql.c_str(), step::begin, errc::connection_lost);
    binding.items[0].parameters = &parameters;
    binding.binds_session = true;
    prepare_to_build(connection);
    auto const bound = co_await perform_one(connection, binding, {});
    if (bound.failed())
        std::rethrow_exception(bound.error);
}

segment unbinding(std::string const& sql, errc on_loss) {
    auto undo = plain_segment(sql.c_str(), step::begin, on_loss);
    undo.unbinds_session = true;
    return undo;
}

/// A failure leaves the connection to the reset, or it is lost; what was run is not touched by it.
asio::awaitable<void> unbind(connection_impl& connection, session_data const& data) {
    auto const sql = data.undo_sql();
    auto const undo = unbinding(sql, errc::connection_lost);
    segment_answer answer;
    segment_exchange e{connection, {&undo, 1}, {&answer, 1}};
    try {
        co_await connection.perform(e);
        e.throw_if_failed();
    } catch (error const&) {
    }
}

} // namespace

asio::awaitable<result>
run_session_bound(connection_impl& connection, session session, statement statement) {
    auto const& data = *session.data();
    co_await bind(connection, data);

    auto const undo_sql = data.undo_sql();
    wire_parameters const parameters{statement};
    std::array<segment, 2> segments;
    segments[0] = plain_segment(statement.sql().c_str(), step::statement, errc::statement_in_doubt);
    segments[0].items[0].parameters = &parameters;
    segments[1] = unbinding(undo_sql, errc::statement_in_doubt);
    std::array<segment_answer, 2> answers;
    segment_exchange e{connection, segments, answers};
    auto const limit = limit_of(connection, statement);
    try {
        co_await connection.perform(e, limit);
        e.throw_if_failed();
    } catch (error const&) {
        if (e.answered() == 0)
            throw;
    }
    if (answers[0].failed())
        std::rethrow_exception(answers[0].error);
    co_return std::move(answers[0].rows);
}

asio::awaitable<std::vector<command_result>>
run_script(std::shared_ptr<connection_impl> connection, session session, statement script) {
    claim const mine{connection, script.where()};
    if (!is_ready(*connection))
        co_await get_ready(*connection);
    auto const now = connection->binding_now();
    auto const idle = now.state() == transaction_state::idle;
    auto const binds = !session.empty() && idle;
    if (binds)
        co_await bind(*connection, *session.data());
    else
        co_await reset_if_due(*connection);
    if (!session.empty() && now.state() == transaction_state::open && !now.in_force())
        co_await bind_held(*connection, session);
    connection->backend().mark(aftermath_of_script(script.sql()));
    connection->backend().mark_transaction_end();

    script_exchange e{*connection, script.sql()};
    auto const limit = limit_of(*connection, script);
    co_await connection->perform(e, limit);
    e.throw_if_failed();
    if (binds && connection->binding_now().state() == transaction_state::idle)
        co_await unbind(*connection, *session.data());
    e.throw_error();
    co_return e.take_results();
}

} // namespace copg::detail
