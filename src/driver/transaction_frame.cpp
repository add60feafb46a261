// SPDX-License-Identifier: BSL-1.0
#include "driver/transaction_frame.hpp"

#include "driver/perform.hpp"
#include "driver/runner.hpp"

#include <fmt/format.h>

namespace copg::detail {
namespace {

segment_plan plan_of(binding const& now,
                     statement_kind kind,
                     binding_wish wish,
                     transaction_frame const& frame) {
    if (frame.begin.empty() && now.state() == transaction_state::failed)
        return {step::statement};
    auto const around = frame.begin.empty() ? now.plan(kind, wish) : binding::plan_with_begin(wish);
    segment_plan plan{};
    for (auto const s : around) {
        // A savepoint in front of the prelude would take it back with it.
        if (s == step::statement || s == step::limit)
            plan.add_once(step::points);
        plan.add_once(s);
    }
    if (frame.question != nullptr)
        plan.add_once(step::question);
    if (frame.commits)
        plan.add_once(step::commit);
    return plan;
}

/// Learns how far it came.
void note_end(transaction_frame& frame, segment const& sent, segment_answer const& answer) {
    using end = transaction_frame::end;
    auto const reached = answer.failed() ? answer.failed_item : sent.items.size();
    frame.points_done = 0;
    auto in_commit = reached >= sent.items.size();
    for (std::size_t i = 0; i < sent.items.size(); ++i) {
        if (i < reached && sent.items[i].purpose == step::points)
            ++frame.points_done;
        if (i == reached && sent.items[i].purpose == step::commit)
            in_commit = true;
    }
    if (!answer.failed())
        frame.ended = end::succeeded;
    else
        frame.ended = frame.commits && in_commit ? end::commit_failed : end::failed;
}

/// The statement of a frame that has none.
bool is_none(statement const& statement) noexcept {
    return statement.sql().empty();
}

asio::awaitable<result> perform_frame(connection_impl& connection,
                                      segment_builder& builder,
                                      statement const& statement,
                                      statement_kind kind,
                                      transaction_frame& frame) {
    auto const limit = builder.wish().limit;
    for (bool retried = false;; retried = true) {
        prepare_to_build(connection);
        auto const now = connection.binding_at_rest();
        auto plan = plan_of(now, kind, builder.wish(), frame);
        if (is_none(statement))
            plan = plan.without(step::statement);
        auto const sets_limit =
            frame.begin.empty() ? now.prelude_sets_limit(builder.wish()) : limit.count() > 0;
        auto segment = builder.build(plan, sets_limit);
        segment.reply = &frame.reply;
        segment.on_loss = frame.commits ? errc::transaction_in_doubt : errc::connection_lost;
        auto const started = exchange::clock::now();
        frame.ended = transaction_frame::end::unknown;
        auto answer = co_await perform_one(connection, segment, limit);
        note_end(frame, segment, answer);
        if (!answer.failed())
            co_return std::move(answer.rows);
        if (retried || frame.begin.empty() || !lost_own_statement(segment, answer))
            rethrow(answer, limit, started);
        frame.ended = transaction_frame::end::unknown;
        co_await roll_back(connection); // nothing of the transaction has been seen yet
    }
}

} // namespace

asio::awaitable<result> run_framed(std::shared_ptr<connection_impl> connection,
                                   session session,
                                   statement statement,
                                   transaction_frame& frame) {
    claim const mine{connection, statement.where()};
    if (!is_ready(*connection))
        co_await get_ready(*connection);
    auto const traits = admit(*connection, statement);
    segment_builder builder{connection->backend(),
                            session,
                            statement,
                            traits,
                            frame.begin,
                            limit_of(*connection, statement)};
    builder.surround(frame.points, frame.question);
    auto rows = co_await perform_frame(*connection, builder, statement, traits.kind, frame);
    co_return rows;
}

asio::awaitable<void>
run_frame(std::shared_ptr<connection_impl> connection, session session, transaction_frame& frame) {
    statement const none{""};
    claim const mine{connection, none.where()};
    if (!is_ready(*connection))
        co_await get_ready(*connection);
    segment_builder builder{connection->backend(), session, none, {}, frame.begin, {}};
    builder.surround(frame.points, frame.question);
    co_await perform_frame(*connection, builder, none, statement_kind::ordinary, frame);
}

asio::awaitable<void> undo_to(std::shared_ptr<connection_impl> connection, std::string savepoint) {
    claim const mine{connection, std::source_location::current()};
    if (!is_ready(*connection))
        co_await get_ready(*connection);
    connection->backend().mark_transaction_end();
    auto const back = fmt::format("rollback to savepoint {}", savepoint);
    auto const drop = fmt::format("release savepoint {}", savepoint);
    auto undoing = plain_segment(back.c_str(), step::points, errc::connection_lost);
    undoing.items.push_back(
        {segment_item::action::run_sql, step::points, "", drop.c_str(), nullptr});
    auto const answer = co_await perform_one(*connection, undoing, {});
    if (answer.failed())
        std::rethrow_exception(answer.error);
}

} // namespace copg::detail
