// SPDX-License-Identifier: BSL-1.0
// How the statements of a scope's transaction are sent.
#include "driver/runner.hpp"
#include "driver/sql_classifier.hpp"
#include "driver/transaction_frame.hpp"
#include "pool/pool_impl.hpp"
#include "scope/scope_transaction.hpp"

#include <utility>

namespace copg::detail {
namespace {

// The timeline tells whether a server that is asked later has the same history: an id can be given
// again behind a failover. A standby has neither, and no writer.
constexpr char const* id_question =
    "select pg_catalog.pg_current_xact_id_if_assigned()::text, "
    "case when not pg_catalog.pg_is_in_recovery() then "
    "pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8) end";
constexpr char const* isolation_question =
    "select pg_catalog.current_setting('transaction_isolation')";

std::string text_at(result const& rows, std::size_t column) {
    return rows.empty() ? std::string{} : std::string{rows.bytes(0, column)};
}

} // namespace

bool scope_transaction::is_plain() const {
    auto& connection = *leased();
    // Whoever holds it, a stream for example, has the binding; asked first, since it unsettles
    // first.
    return begun_ && !points_.has_due() && !wants_id() && !connection.held_by().is_taken() &&
           connection.is_settled() && !is_another(connection.binding_at_rest());
}

/// Of a first statement that was cancelled nobody knew whether BEGIN had been run. Asked when the
/// connection has settled. @return whether there is a transaction
bool scope_transaction::proves_begin(binding const& now) {
    if (begun_as_)
        return true;
    begun_ = now.state() != transaction_state::idle;
    if (begun_)
        begun_as_ = now.boundaries();
    else
        points_.none();
    return begun_;
}

/// Whether the transaction that was begun is not there any more.
bool scope_transaction::is_another(binding const& now) const {
    return now.state() == transaction_state::idle || begun_as_ != now.boundaries();
}

asio::awaitable<void> scope_transaction::settle() {
    auto const& connection = leased();
    if (!connection->is_settled())
        co_await connection->settle();
    if (!begun_ || !connection->is_alive())
        co_return;
    auto const now = connection->binding_now();
    if (!proves_begin(now))
        co_return;
    if (is_another(now)) // without its transaction, a statement would commit by itself
        throw ended_inside();
}

transaction_frame scope_transaction::make_frame(bool commits) const {
    transaction_frame frame;
    if (!begun_)
        frame.begin = options_.begin_sql();
    frame.points = points_.due();
    frame.commits = commits;
    if (wants_id())
        frame.question = id_question;
    else if (reads_only() && !begun_ && !options_.isolation())
        frame.question = isolation_question;
    return frame;
}

asio::awaitable<result> scope_transaction::run_framed(statement statement) {
    auto frame = make_frame(false);
    std::exception_ptr failure;
    result rows;
    try {
        rows = co_await detail::run_framed(leased(), lease_.session(), std::move(statement), frame);
    } catch (...) {
        failure = std::current_exception();
    }
    learn(frame, failure);
    if (failure)
        std::rethrow_exception(failure);
    co_return rows;
}

asio::awaitable<result> scope_transaction::run_and_commit(statement statement) {
    result rows;
    // COMMIT goes by itself when the id has to be known first, and behind a ROLLBACK TO that makes
    // a failed transaction good again.
    if (wants_id() || classify(statement.sql()) == statement_kind::transaction_point ||
        leased()->binding_now().state() == transaction_state::failed) {
        rows = co_await run_framed(std::move(statement));
        co_await commit_now();
        co_return rows;
    }
    auto frame = make_frame(true);
    frame.question = nullptr; // of the isolation
    std::exception_ptr failure;
    try {
        rows = co_await detail::run_framed(leased(), lease_.session(), std::move(statement), frame);
    } catch (...) {
        failure = std::current_exception();
    }
    learn(frame, failure);
    if (frame.ended != transaction_frame::end::failed &&
        frame.ended != transaction_frame::end::not_sent)
        commit_ended(failure);
    if (ended_ && ended_->failure)
        std::rethrow_exception(ended_->failure);
    if (failure)
        std::rethrow_exception(failure);
    co_return rows;
}

bool scope_transaction::looks_failed() const {
    auto const held = connection();
    return held != nullptr && (!held->is_alive() || !held->is_settled() ||
                               held->binding_now().state() == transaction_state::failed);
}

asio::awaitable<void> scope_transaction::open() {
    id_is_stale_ = true;
    if (begun_ && !points_.has_due())
        co_return;
    auto frame = make_frame(false);
    std::exception_ptr failure;
    try {
        co_await run_frame(leased(), lease_.session(), frame);
    } catch (...) {
        failure = std::current_exception();
    }
    learn(frame, failure);
    id_is_stale_ = true;
    if (failure)
        std::rethrow_exception(failure);
}

void scope_transaction::learn(transaction_frame const& frame, std::exception_ptr const& failure) {
    using end = transaction_frame::end;
    auto const& connection = *leased();
    // What failed before it was sent has begun nothing: the next statement is the first one. Of
    // what was cancelled, nobody knows yet.
    if (!begun_)
        begun_ = !failure || !connection.is_alive() || !connection.is_settled() ||
                 connection.binding_now().state() != transaction_state::idle;
    if (!frame.begin.empty() && frame.ended != end::unknown && frame.ended != end::not_sent)
        begun_as_ = connection.binding_now().boundaries();
    if (frame.ended == end::unknown)
        points_.unknown();
    else if (frame.ended != end::not_sent)
        points_.done(frame.points_done);
    if (frame.ended == end::succeeded && frame.question == id_question) {
        id_.number = text_at(frame.reply, 0);
        id_.timeline = text_at(frame.reply, 1);
        id_is_stale_ = frame.reply.empty(); // in a failed transaction it was not asked
    } else if (frame.ended == end::succeeded && frame.question == isolation_question) {
        below_serializable_ = text_at(frame.reply, 0) != "serializable";
    } else {
        id_is_stale_ = true;
    }
}

asio::awaitable<bool> scope_transaction::has_failed() {
    if (!begun_)
        co_return false;
    auto const state = co_await settled_state(leased(), std::source_location::current());
    proves_begin(leased()->binding_now());
    co_return !leased()->is_alive() || state == transaction_state::failed;
}

} // namespace copg::detail
