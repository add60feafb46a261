// SPDX-License-Identifier: BSL-1.0
// How the transaction of a scope ends. Every way out has one outcome: committed, rolled back, or in
// doubt when COMMIT was sent and its answer did not come.
#include "base/exception_text.hpp"
#include "driver/end_watchdog.hpp"
#include "driver/runner.hpp"
#include "driver/transaction_frame.hpp"
#include "pool/pool_impl.hpp"
#include "scope/scope_transaction.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <fmt/format.h>

#include <utility>

namespace copg::detail {
namespace {

bool has_code(std::exception_ptr const& failure, errc code) {
    try {
        std::rethrow_exception(failure);
    } catch (error const& e) {
        return e.code() == code;
    } catch (...) {
        return false;
    }
}

bool is_servers(std::exception_ptr const& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (sql_error const&) {
        return true;
    } catch (...) {
        return false;
    }
}

/// The end of a transaction that has only read: whether COMMIT succeeds is of no consequence.
asio::awaitable<void> commit_unawaited(lease held,
                                       std::shared_ptr<connection_impl> connection,
                                       std::chrono::milliseconds limit) {
    end_watchdog const dog{connection, limit};
    try {
        co_await run_control(connection, "commit", errc::connection_lost);
    } catch (std::exception const&) {
        connection->close();
    }
    held.release();
}

} // namespace

transaction_end scope_transaction::aborted(std::string const& why,
                                           std::exception_ptr cause,
                                           char const* what) const {
    auto story = std::make_shared<transaction_story>();
    story->outcome = transaction_outcome::rolled_back;
    story->cause = std::move(cause);
    return {story->outcome,
            std::make_exception_ptr(transaction_error{
                errc::transaction_aborted,
                fmt::format("{} of {} was rolled back: {}", what, key_.describe(), why),
                story})};
}

transaction_end scope_transaction::in_doubt(std::exception_ptr cause) const {
    auto story = std::make_shared<transaction_story>();
    story->outcome = transaction_outcome::in_doubt;
    story->cause = cause;
    story->id = id_;
    story->where = target();
    story->still_waiting = callbacks_;
    return {story->outcome,
            std::make_exception_ptr(transaction_error{
                errc::transaction_in_doubt,
                fmt::format("whether the transaction of {} was committed is not known: {}",
                            key_.describe(),
                            text_of(cause)),
                story})};
}

/// From here on nothing is run in it. @return its connection, if it has one
std::shared_ptr<connection_impl> scope_transaction::start_ending() {
    std::lock_guard const lock{mutex_};
    ending_ = true;
    return connection_;
}

asio::awaitable<transaction_end> scope_transaction::end(ending_wish wish) {
    auto const self = shared_from_this();
    auto const connection = start_ending();
    transaction_end how;
    if (connection == nullptr) { // nothing was sent, and nothing will be
        if (!wish.commit)
            how.outcome = transaction_outcome::rolled_back;
        else if (wish.veto)
            how = aborted(text_of(wish.veto), wish.veto);
        co_return how;
    }
    lease held; // given back when nobody can reach its connection through the scope any more
    {
        end_watchdog const dog{connection, options_.end_timeout()};
        auto const turn = co_await turn_->lock(); // a child's statement may be under way
        how = co_await end_begun(connection, std::move(wish));
        held = std::move(lease_);
        std::lock_guard const lock{mutex_};
        connection_ = nullptr;
    }
    held.release();
    co_return how;
}

asio::awaitable<transaction_end> scope_transaction::end_begun(connection_pointer connection,
                                                              ending_wish wish) {
    if (ended_)
        co_return *ended_;
    transaction_end how;
    std::exception_ptr rollback_failure;
    try { // what a cancelled script did is known then
        co_await settled_state(connection, std::source_location::current());
    } catch (std::exception const&) { // something still runs that was not waited for
    }
    if (was_committed_inside(*connection)) {
        how = in_doubt(std::make_exception_ptr(ended_inside()));
        rollback_failure = co_await roll_back(connection);
    } else if (wish.commit && !wish.veto) {
        if (!begun_)
            co_return how;
        how = co_await commit(connection, std::move(wish.failed));
    } else {
        if (begun_)
            rollback_failure = co_await roll_back(connection);
        if (wish.commit)
            how = aborted(text_of(wish.veto), wish.veto);
        else
            how.outcome = transaction_outcome::rolled_back;
        if (!begun_)
            co_return how;
    }
    report(*connection, how, rollback_failure);
    co_return how;
}

/// Whether a script in it may have committed it.
bool scope_transaction::was_committed_inside(connection_impl const& connection) const {
    return begun_as_ && connection.binding_now().boundaries() != begun_as_;
}

asio::awaitable<transaction_end> scope_transaction::commit(connection_pointer connection,
                                                           std::exception_ptr failed) {
    auto state = transaction_state::idle;
    std::exception_ptr failure;
    try {
        state = co_await settled_state(connection, std::source_location::current());
    } catch (std::exception const&) { // something still runs that was not waited for
        failure = std::current_exception();
        connection->close();
    }
    if (!failure && !connection->is_alive())
        failure =
            std::make_exception_ptr(lost_error(errc::connection_lost, connection->end_message()));
    if (failure)
        co_return aborted("COMMIT could not be sent: " + text_of(failure), failure);
    if (!proves_begin(connection->binding_now()))
        co_return transaction_end{};
    // COMMIT would find nothing, or another one, and say that it is done.
    if (is_another(connection->binding_now())) {
        co_await roll_back(connection);
        co_return aborted("a statement inside it has ended it", nullptr);
    }
    if (state == transaction_state::failed) {
        co_await roll_back(connection);
        auto const why = failed ? text_of(failed) : std::string{"something unseen in it"};
        co_return aborted("a statement in it had failed: " + why, failed);
    }
    if (wants_id() && id_is_stale_) {
        failure = co_await ask_id(connection);
        if (failure) {
            co_await roll_back(connection);
            co_return aborted("its id could not be asked for: " + text_of(failure), failure);
        }
    }
    if (can_leave_commit(*connection)) {
        auto leaving = commit_unawaited(std::move(lease_), connection, options_.end_timeout());
        asio::co_spawn(connection->executor(), std::move(leaving), asio::detached);
        co_return transaction_end{};
    }
    auto how = co_await send_commit(std::move(connection));
    co_return how;
}

asio::awaitable<transaction_end> scope_transaction::send_commit(connection_pointer connection) {
    std::string tag;
    std::exception_ptr failure;
    try {
        tag = co_await run_control(connection, "commit", errc::transaction_in_doubt);
    } catch (...) {
        failure = std::current_exception();
    }
    co_return end_of_commit(*connection, tag, failure);
}

transaction_end scope_transaction::end_of_commit(connection_impl& connection,
                                                 std::string const& tag,
                                                 std::exception_ptr const& failure) const {
    if (!failure && tag == "COMMIT")
        return {};
    if (!failure)
        return aborted("a statement in it had failed", nullptr);
    if (is_servers(failure)) // in place of COMMIT's result, also when it is FATAL
        return {transaction_outcome::rolled_back, failure};
    connection.close(); // its transaction must not be there any more
    if (has_code(failure, errc::connection_busy) || has_code(failure, errc::connection_lost))
        return aborted("COMMIT could not be sent: " + text_of(failure), failure);
    return in_doubt(failure);
}

/// A COMMIT that went with a statement has ended, in whatever way.
void scope_transaction::commit_ended(std::exception_ptr const& failure) {
    auto const connection = start_ending();
    ended_ = end_of_commit(*connection, failure ? "" : "COMMIT", failure);
    report(*connection, *ended_, nullptr);
}

asio::awaitable<void> scope_transaction::commit_now() {
    auto const connection = start_ending();
    ended_ = co_await commit(connection, nullptr);
    report(*connection, *ended_, nullptr);
    if (ended_->failure)
        std::rethrow_exception(ended_->failure);
}

/// A connection that is gone has rolled back too. @return why it had to go, or null
asio::awaitable<std::exception_ptr>
scope_transaction::roll_back(connection_pointer connection) const {
    std::exception_ptr failure;
    try {
        co_await run_control(connection, "rollback", errc::connection_lost);
    } catch (std::exception const&) {
        failure = std::current_exception();
        connection->close();
    }
    co_return failure;
}

asio::awaitable<std::exception_ptr> scope_transaction::undo(std::string savepoint) {
    auto const connection = leased();
    end_watchdog const dog{connection, options_.end_timeout()};
    std::exception_ptr failure;
    try {
        co_await undo_to(connection, std::move(savepoint));
    } catch (std::exception const&) {
        failure = std::current_exception();
    }
    co_return failure;
}

/// @return why it is not known, or null
asio::awaitable<std::exception_ptr> scope_transaction::ask_id(connection_pointer connection) {
    auto frame = make_frame(false);
    frame.points.clear(); // COMMIT releases them all
    std::exception_ptr failure;
    try {
        co_await run_frame(std::move(connection), session{}, frame);
    } catch (std::exception const&) {
        failure = std::current_exception();
    }
    if (!failure)
        learn(frame, failure);
    co_return failure;
}

/// A READ ONLY transaction cannot fail to commit, unless it is serializable; nobody must be waiting
/// for its outcome, and nothing be under way.
bool scope_transaction::can_leave_commit(connection_impl const& connection) const {
    return reads_only() && below_serializable_ && callbacks_->empty() &&
           connection.at_rest() == connection_impl::condition::in_transaction;
}

void scope_transaction::report(connection_impl const& connection,
                               transaction_end const& how,
                               std::exception_ptr const& rollback_failure) const {
    auto const& observing = connection.options().observer();
    if (observing == nullptr)
        return;
    auto const name = key_.describe();
    observing->on_transaction_end({connection.options().target().redacted(),
                                   name,
                                   to_string(how.outcome),
                                   how.failure,
                                   rollback_failure});
}

} // namespace copg::detail
