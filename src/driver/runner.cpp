// SPDX-License-Identifier: BSL-1.0
#include "driver/runner.hpp"

#include "driver/segment_builder.hpp"

#include <array>

namespace copg::detail {
namespace {

constexpr char reset_sql[] = "discard all"; // manual, DISCARD: everything but an open transaction

/// The right to run statements on a connection, for as long as it lives.
class claim {
public:
    explicit claim(connection_impl& connection) : connection_{connection} {
        if (connection_.claimed().test_and_set(std::memory_order_acquire))
            throw error{errc::connection_busy,
                        "the connection is already running a statement; await one before the next"};
    }
    ~claim() { connection_.claimed().clear(std::memory_order_release); }
    claim(claim const&) = delete;
    claim& operator=(claim const&) = delete;

private:
    connection_impl& connection_;
};

void refuse_unsupported(statement_kind kind) {
    if (kind == statement_kind::empty)
        throw error{errc::empty_query, "the SQL text holds no statement"};
    if (kind == statement_kind::copy_stream)
        throw error{errc::unsupported_statement,
                    "COPY FROM STDIN and TO STDOUT need the COPY protocol, which this function "
                    "does not speak"};
}

/// Sends a segment, behind the reset that the former borrower left due.
asio::awaitable<segment_answer> perform_one(connection_impl& connection, segment const& wanted) {
    auto& backend = connection.backend();
    std::array<segment_answer, 2> answers;
    if (!backend.reset_due()) {
        std::span<segment_answer> const one{answers.data(), 1};
        co_await connection.perform(std::span<segment const>{&wanted, 1}, one);
        co_return std::move(answers[0]);
    }

    std::array<segment, 2> segments;
    segments[0] = plain_segment(reset_sql, step::begin, wanted.on_loss);
    segments[1] = wanted;
    co_await connection.perform(segments, answers);
    if (answers[0].failed()) { // what ran behind it may have seen what it should not have seen
        connection.close();
        throw error{errc::statement_in_doubt,
                    "the connection could not be reset before the statement; it is closed"};
    }
    backend.reset_done();
    co_return std::move(answers[1]);
}

// For a transaction that has failed already: a failure here loses the connection, and with it the
// transaction, so that the first error is still the one to tell.
asio::awaitable<void> roll_back(connection_impl& connection) {
    try {
        auto const rollback = plain_segment("rollback", step::commit, errc::connection_lost);
        auto const answer = co_await perform_one(connection, rollback);
        if (!answer.failed())
            co_return;
    } catch (std::exception const&) {
    }
    connection.close();
}

/// For statements that no transaction block allows: the session's settings hold for the whole
/// connection meanwhile. Binding and unbinding are segments of their own, since what fails inside a
/// segment undoes the whole of it.
asio::awaitable<result>
run_session_bound(connection_impl& connection, session const& session, statement const& statement) {
    auto const* data = session.data();
    connection.backend().mark_dirty(); // until proved otherwise
    auto const bind_sql = data->session_wide_sql();
    wire_parameters bind_parameters;
    for (auto const& setting : data->settings)
        bind_parameters.add_text(setting.value ? setting.value->c_str() : nullptr);
    for (auto const& schema : data->schemas)
        bind_parameters.add_text(schema.c_str());
    auto bind = plain_segment(bind_sql.c_str(), step::begin, errc::connection_lost);
    bind.items[0].parameters = &bind_parameters;
    auto const bound = co_await perform_one(connection, bind);
    if (bound.failed())
        std::rethrow_exception(bound.error);

    auto const undo_sql = data->undo_sql();
    wire_parameters const statement_parameters{statement};
    std::array<segment, 2> segments;
    segments[0] = plain_segment(statement.sql().c_str(), step::statement, errc::statement_in_doubt);
    segments[0].items[0].parameters = &statement_parameters;
    segments[1] = plain_segment(undo_sql.c_str(), step::begin, errc::statement_in_doubt);
    std::array<segment_answer, 2> answers;
    co_await connection.perform(segments, answers);
    if (answers[1].failed())
        connection.close();
    if (answers[0].failed())
        std::rethrow_exception(answers[0].error);
    co_return std::move(answers[0].rows);
}

bool failed_in_prelude(segment const& sent, segment_answer const& answer) {
    return answer.failed_item < sent.items.size() &&
           sent.items[answer.failed_item].purpose == step::prelude;
}

errc loss_code(segment_plan const& plan, transaction_state state, statement_kind kind) {
    if (state != transaction_state::idle)
        return kind == statement_kind::commit ? errc::transaction_in_doubt : errc::connection_lost;
    auto const commits = !plan.contains(step::begin) || plan.contains(step::commit);
    return commits ? errc::statement_in_doubt : errc::connection_lost;
}

void note_effects(backend_state& backend, statement const& statement) {
    if (may_leave_state(statement.sql()))
        backend.mark_dirty();
}

} // namespace

asio::awaitable<result>
run_statement(std::shared_ptr<connection_impl> connection, session session, statement statement) {
    claim const mine{*connection};
    auto& backend = connection->backend();
    auto const kind = classify(statement.sql());
    refuse_unsupported(kind);
    note_effects(backend, statement);

    std::string const begin_sql = "begin";
    segment_builder builder{backend, session, statement, begin_sql};
    for (bool retried = false;; retried = true) {
        auto const state = connection->binding_now().state();
        auto const plan =
            session.empty() ? segment_plan{step::statement} : connection->binding_now().plan(kind);
        auto segment = builder.build(plan);
        segment.on_loss = loss_code(plan, state, kind);
        auto answer = co_await perform_one(*connection, segment);
        builder.learn(segment, answer);
        if (!answer.failed())
            co_return std::move(answer.rows);

        auto const implicit = state == transaction_state::idle && kind == statement_kind::ordinary;
        if (state == transaction_state::idle && plan.contains(step::begin))
            co_await roll_back(*connection);
        // The prelude was dropped behind our back: nothing has happened yet, prepare it again.
        if (!retried && implicit && answer.state == sqlstate::invalid_sql_statement_name &&
            failed_in_prelude(segment, answer)) {
            backend.forget_statements();
            continue;
        }
        if (!(implicit && plan.contains(step::prelude) &&
              answer.state == sqlstate::active_sql_transaction))
            std::rethrow_exception(answer.error);
        break;
    }
    auto rows = co_await run_session_bound(*connection, session, statement);
    co_return rows;
}

asio::awaitable<result> run_first_statement(std::shared_ptr<connection_impl> connection,
                                            std::string begin_sql,
                                            session session,
                                            statement statement) {
    claim const mine{*connection};
    auto& backend = connection->backend();
    refuse_unsupported(classify(statement.sql()));
    note_effects(backend, statement);

    segment_builder builder{backend, session, statement, begin_sql};
    auto segment = builder.build(binding::plan_with_begin(!session.empty()));
    segment.on_loss = errc::connection_lost;
    auto answer = co_await perform_one(*connection, segment);
    builder.learn(segment, answer);
    if (answer.failed())
        std::rethrow_exception(answer.error);
    co_return std::move(answer.rows);
}

asio::awaitable<std::string>
run_control(std::shared_ptr<connection_impl> connection, std::string sql, errc on_loss) {
    claim const mine{*connection};
    auto const control = plain_segment(sql.c_str(), step::commit, on_loss);
    auto answer = co_await perform_one(*connection, control);
    if (answer.failed())
        std::rethrow_exception(answer.error);
    co_return std::move(answer.tag);
}

} // namespace copg::detail
