// SPDX-License-Identifier: BSL-1.0
#include "driver/perform.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

namespace copg::detail {
namespace {

// What DISCARD ALL does (manual, DISCARD), but for prepared statements, copg's own among them. It
// leaves out DISCARD PLANS, since old plans give the same rows. RESET ALL comes first, so that a
// statement_timeout that was left does not hold for the others.
constexpr char const* session_reset[] = {
    "reset all",
    "set session authorization default", // with SET ROLE NONE
    "close all",
    "unlisten *",
    "select pg_advisory_unlock_all()",
    "discard temp",
    "discard sequences",
};
constexpr std::size_t closes_at_once = 8;

/// Some of what the statement cache has dropped.
std::vector<std::string> take_dropped(std::vector<std::string>& dropped) {
    auto const count = static_cast<std::ptrdiff_t>(std::min(closes_at_once, dropped.size()));
    std::vector<std::string> taken{std::make_move_iterator(dropped.end() - count),
                                   std::make_move_iterator(dropped.end())};
    dropped.resize(dropped.size() - taken.size());
    return taken;
}

segment close_segment(std::vector<std::string> const& names) {
    segment closing;
    closing.on_loss = errc::connection_lost;
    for (auto const& name : names)
        closing.items.push_back(
            {segment_item::action::close, step::begin, name.c_str(), "", nullptr});
    return closing;
}

/// The wanted segment between a reset and the letting go.
asio::awaitable<segment_answer> perform_with_company(connection_impl& connection,
                                                     segment const& wanted,
                                                     std::chrono::milliseconds limit,
                                                     bool closes) {
    auto& backend = connection.backend();
    auto const resets = resets_first(connection);
    std::array<segment, 3> segments;
    std::array<segment_answer, 3> answers;
    std::size_t count = 0;
    if (resets)
        segments[count++] = reset_segment(backend.reset_due(), wanted.on_loss);
    auto const main = count;
    segments[count++] = wanted;
    std::vector<std::string> closed;
    if (closes)
        closed = take_dropped(backend.statements().dropped());
    if (!closed.empty())
        segments[count++] = close_segment(closed);

    segment_exchange e{
        connection, std::span{segments}.first(count), std::span{answers}.first(count)};
    try {
        co_await connection.perform(e, limit);
        e.throw_if_failed();
    } catch (error const&) {
        if (e.answered() <= main)
            throw;
    }
    if (resets && answers[0].failed())
        throw reset_failed(connection);
    co_return std::move(answers[main]);
}

/// A failure leaves the transaction failed, or the connection lost.
asio::awaitable<void> roll_back_to(connection_impl& connection, std::string savepoint) {
    connection.backend().mark_transaction_end();
    auto const back = "rollback to savepoint " + savepoint;
    auto const release = "release savepoint " + savepoint;
    auto undo = plain_segment(back.c_str(), step::begin, errc::connection_lost);
    undo.items.push_back(
        {segment_item::action::run_sql, step::begin, "", release.c_str(), nullptr});
    auto const answer = co_await perform_one(connection, undo, {});
    static_cast<void>(answer);
}

} // namespace

asio::awaitable<void> get_ready(connection_impl& connection) {
    co_await connection.settle();
    auto& backend = connection.backend();
    if (!backend.rollback_due())
        co_return;
    if (connection.binding_now().state() != transaction_state::idle) {
        if (backend.rollback_to() == 0)
            co_await roll_back(connection);
        else
            co_await roll_back_to(connection, savepoint_name(backend.rollback_to()));
    }
    backend.rolled_back();
}

bool resets_first(connection_impl& connection) noexcept {
    return connection.backend().reset_due() != leftovers::none &&
           connection.binding_now().state() == transaction_state::idle;
}

void prepare_to_build(connection_impl& connection) {
    auto& statements = connection.backend().statements();
    if (resets_first(connection)) {
        if (connection.backend().reset_due() == leftovers::anything)
            statements.forget_all(); // the reset drops what was prepared
        statements.drop_altered();
    }
    statements.trim();
}

std::chrono::milliseconds limit_of(connection_impl const& connection, statement const& statement) {
    return statement.timeout().value_or(connection.options().query_timeout());
}

segment reset_segment(leftovers due, errc on_loss) {
    segment reset;
    reset.on_loss = on_loss;
    reset.is_reset = true;
    reset.drops_statements = due == leftovers::anything;
    auto const add = [&reset](char const* sql) {
        reset.items.push_back({segment_item::action::run_sql, step::begin, "", sql, nullptr});
    };
    if (reset.drops_statements)
        add("discard all");
    else
        std::for_each(std::begin(session_reset), std::end(session_reset), add);
    return reset;
}

error reset_failed(connection_impl& connection) {
    connection.close(); // what ran behind it may have seen what it should not have seen
    return {errc::statement_in_doubt,
            "the connection could not be reset before the statement; it is closed"};
}

asio::awaitable<segment_answer> perform_one(connection_impl& connection,
                                            segment const& wanted,
                                            std::chrono::milliseconds limit,
                                            bool closes) {
    if (has_company(connection, closes)) {
        auto answer = co_await perform_with_company(connection, wanted, limit, closes);
        co_return answer;
    }
    segment_answer answer;
    segment_exchange e{connection, {&wanted, 1}, {&answer, 1}};
    co_await connection.perform(e, limit);
    e.throw_if_failed();
    co_return answer;
}

asio::awaitable<void> reset_if_due(connection_impl& connection) {
    if (!resets_first(connection))
        co_return;
    prepare_to_build(connection);
    auto const reset = reset_segment(connection.backend().reset_due(), errc::connection_lost);
    segment_answer answer;
    segment_exchange e{connection, {&reset, 1}, {&answer, 1}};
    co_await connection.perform(e);
    e.throw_if_failed();
    if (answer.failed())
        throw reset_failed(connection);
}

asio::awaitable<void> roll_back(connection_impl& connection) {
    connection.backend().mark_transaction_end();
    try {
        auto const rollback = plain_segment("rollback", step::commit, errc::connection_lost);
        auto const answer = co_await perform_one(connection, rollback, {});
        if (!answer.failed())
            co_return;
    } catch (std::exception const&) {
    }
    connection.close();
}

void rethrow(segment_answer const& answer,
             std::chrono::milliseconds limit,
             exchange::clock::time_point started) {
    std::rethrow_exception(failure_of(answer, limit, started));
}

std::exception_ptr failure_of(segment_answer const& answer,
                              std::chrono::milliseconds limit,
                              exchange::clock::time_point started) {
    if (answer.state != sqlstate::query_canceled || limit.count() <= 0 ||
        exchange::clock::now() - started < limit)
        return answer.error;
    return std::make_exception_ptr(
        error{errc::query_timeout,
              "the statement did not end within its time limit; the server stopped it"});
}

bool lost_own_statement(segment const& sent, segment_answer const& answer) {
    return answer.failed_item < sent.items.size() &&
           sent.items[answer.failed_item].cached != nullptr && is_statement_loss(answer);
}

} // namespace copg::detail
