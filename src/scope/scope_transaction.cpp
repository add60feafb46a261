// SPDX-License-Identifier: BSL-1.0
#include "scope/scope_transaction.hpp"

#include "driver/runner.hpp"
#include "driver/sql_classifier.hpp"
#include "driver/transaction_frame.hpp"
#include "pool/pool_impl.hpp"

#include <fmt/format.h>

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

scope_transaction::scope_transaction(std::uint64_t scope_id,
                                     scope_key key,
                                     transaction_options const& options,
                                     std::optional<database> target)
    : scope_id_{scope_id}, key_{std::move(key)}, options_{options}, target_{std::move(target)} {
    auto const isolation = options_.isolation();
    below_serializable_ = isolation && *isolation != isolation::serializable;
}

void scope_transaction::check_open() const {
    if (is_ending())
        throw over();
}

bool scope_transaction::is_ending() const {
    std::lock_guard const lock{mutex_};
    return ending_;
}

error scope_transaction::over() const {
    return {errc::scope_ended, fmt::format("the transaction scope of {} is over", key_.describe())};
}

error scope_transaction::ended_inside() const {
    return {
        errc::transaction_aborted,
        fmt::format("the transaction of {} was ended by a statement inside it", key_.describe())};
}

void scope_transaction::check_target(database const& handle) const {
    std::lock_guard const lock{mutex_};
    if (target_ && !(target_->pool() == handle.pool() && target_->session() == handle.session()))
        throw error{
            errc::scope_conflict,
            fmt::format("the transaction scope of {} is bound to another target", key_.describe())};
}

bool scope_transaction::has_lease_for(database const& handle) const {
    check_target(handle);
    return static_cast<bool>(lease_);
}

asio::awaitable<void> scope_transaction::take_lease(database handle, std::source_location where) {
    auto const& pool = handle.pool().owner()->impl();
    {
        std::lock_guard const lock{mutex_};
        if (!target_)
            target_ = handle;
    }
    acquire_request request{handle.session(), pool->acquire_timeout(), where};
    request.scope = scope_id_;
    auto lent = co_await pool->acquire(pool, std::move(request));
    take_connection(lent.slot()->connection);
    lease_ = std::move(lent);
}

// The end does not wait for an acquire: whoever comes back from one too late gives it back.
void scope_transaction::take_connection(std::shared_ptr<connection_impl> connection) {
    std::lock_guard const lock{mutex_};
    if (ending_)
        throw over();
    connection_ = std::move(connection);
}

std::shared_ptr<connection_impl> const& scope_transaction::leased() const noexcept {
    return lease_.slot()->connection;
}

bool scope_transaction::is_plain() const {
    auto const& connection = *leased();
    return begun_ && !begin_unproved_ && !points_.has_due() && connection.is_settled() &&
           !wants_id() && connection.binding_now().state() != transaction_state::idle;
}

asio::awaitable<void> scope_transaction::settle() {
    auto const& connection = leased();
    if (!connection->is_settled())
        co_await connection->settle();
    prove_begin();
    // Without its transaction, a statement would commit by itself.
    if (begun_ && connection->is_alive() &&
        connection->binding_now().state() == transaction_state::idle)
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
    if (wants_id()) { // it has to be known before COMMIT goes out
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
    if (frame.ended != transaction_frame::end::failed)
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
    if (!begun_) {
        begin_unproved_ = failure && connection.is_alive() && !connection.is_settled();
        begun_ = !failure || !connection.is_alive() || begin_unproved_ ||
                 connection.binding_now().state() != transaction_state::idle;
    }
    if (frame.ended == end::unknown)
        points_.unknown();
    else
        points_.done(frame.points_done);
    if (frame.ended == end::succeeded && frame.question == id_question) {
        id_.number = text_at(frame.reply, 0);
        id_.timeline = text_at(frame.reply, 1);
        id_is_stale_ = false;
    } else if (frame.ended == end::succeeded && frame.question == isolation_question) {
        below_serializable_ = text_at(frame.reply, 0) != "serializable";
    } else {
        id_is_stale_ = true;
    }
}

// A BEGIN that was cancelled with its statement, or before it was sent, has begun nothing.
void scope_transaction::prove_begin() {
    auto const& connection = *leased();
    if (!std::exchange(begin_unproved_, false) || !connection.is_alive() ||
        connection.binding_now().state() != transaction_state::idle)
        return;
    begun_ = false;
    points_.none();
}

asio::awaitable<bool> scope_transaction::has_failed() {
    if (!begun_)
        co_return false;
    auto const state = co_await settled_state(leased(), std::source_location::current());
    prove_begin();
    co_return state == transaction_state::failed;
}

void scope_transaction::check_join(transaction_options const& options) const {
    auto const fits = [](auto const& wanted, auto const& given) {
        return !wanted || wanted == given;
    };
    if (!fits(options.isolation(), options_.isolation()) ||
        !fits(options.read_only(), options_.read_only()) ||
        !fits(options.deferrable(), options_.deferrable()))
        throw error{errc::scope_conflict,
                    fmt::format("a nested transaction of {} asks for other options (`{}`) than the "
                                "one that it joins (`{}`)",
                                key_.describe(),
                                options.begin_sql(),
                                options_.begin_sql())};
}

void scope_transaction::refuse_control(statement const& statement) const {
    if (is_transaction_control(classify(statement.sql())))
        throw error{errc::unsupported_statement,
                    fmt::format("the transaction of {} begins and ends with its scope: return from "
                                "the body to commit, throw to roll back",
                                key_.describe())};
}

std::optional<database> scope_transaction::target() const {
    std::lock_guard const lock{mutex_};
    return target_;
}

std::shared_ptr<connection_impl> scope_transaction::connection() const {
    std::lock_guard const lock{mutex_};
    return connection_;
}

context_entry::hold scope_transaction::holds(void const* pool) const noexcept {
    std::lock_guard const lock{mutex_};
    if (ending_ && connection_ == nullptr)
        return context_entry::hold::none;
    if (target_ && target_->pool().owner()->impl().get() != pool)
        return context_entry::hold::none;
    return connection_ == nullptr ? context_entry::hold::possible : context_entry::hold::certain;
}

void scope_transaction::keep_failure(std::shared_ptr<failure_listener> listener,
                                     std::exception_ptr why) noexcept {
    std::lock_guard const lock{mutex_};
    if (failure_ != nullptr) // what follows is its consequence
        return;
    listener_ = std::move(listener);
    failure_ = std::move(why);
}

void scope_transaction::tell_failure() noexcept {
    std::unique_lock lock{mutex_};
    auto const listener = std::exchange(listener_, nullptr);
    auto const failure = std::exchange(failure_, nullptr);
    lock.unlock();
    if (listener != nullptr)
        listener->statement_failed(failure);
}

} // namespace copg::detail
