// SPDX-License-Identifier: BSL-1.0
#include "scope/scope_state.hpp"

#include "driver/end_watchdog.hpp"
#include "driver/runner.hpp"
#include "driver/sql_classifier.hpp"
#include "pool/pool_impl.hpp"

#include <fmt/format.h>

namespace copg::detail {
namespace {

void refuse_control(statement const& statement, scope_key const& key) {
    auto const kind = classify(statement.sql());
    if (is_transaction_control(kind))
        throw error{errc::unsupported_statement,
                    fmt::format("the transaction of {} begins and ends with its scope: return from "
                                "the body to commit, throw to roll back",
                                key.describe())};
}

} // namespace

std::shared_ptr<scope_state> find_scope(std::shared_ptr<context_node const> const& innermost,
                                        scope_key const& key) noexcept {
    for (auto const* node = innermost.get(); node != nullptr; node = node->parent()) {
        if (node->entry() == nullptr)
            return nullptr;
        auto found = std::static_pointer_cast<scope_state>(node->entry());
        if (found->key() == key)
            return found;
    }
    return nullptr;
}

asio::awaitable<result> scope_state::run(database handle, statement statement) {
    refuse_control(statement, key_);
    auto const self = shared_from_this();
    auto const turn = co_await turn_->lock();
    check_not_ended();
    auto rows = co_await run_in_turn(handle, std::move(statement));
    co_return rows;
}

asio::awaitable<result> scope_state::run_in_turn(database const& handle, statement statement) {
    co_await take_lease(handle, statement.where());
    if (!begun_) {
        auto rows = co_await run_first(std::move(statement));
        co_return rows;
    }
    auto const connection = lease_.slot()->connection;
    co_await connection->settle();
    check_still_open(*connection);
    auto rows = co_await lease_.run(std::move(statement));
    co_return rows;
}

asio::awaitable<void> scope_state::take_lease(database const& handle, std::source_location where) {
    if (bound_ && !(bound_->pool() == handle.pool() && bound_->session() == handle.session()))
        throw error{
            errc::scope_conflict,
            fmt::format("the transaction scope of {} is bound to another target", key_.describe())};
    if (lease_)
        co_return;
    auto lent = co_await handle.pool().acquire(handle.session(), where);
    take_connection(lent.slot()->connection);
    lease_ = std::move(lent);
    bound_ = handle;
}

asio::awaitable<bound_connection> scope_state::bind(database handle) {
    auto const self = shared_from_this();
    auto turn = co_await turn_->lock();
    check_not_ended();
    co_await take_lease(handle, std::source_location::current());
    auto const connection = lease_.slot()->connection;
    co_await connection->settle();
    if (begun_)
        check_still_open(*connection);
    else
        co_await begin();
    bound_connection bound{connection, lease_.session()};
    bound.turn = std::make_shared<async_mutex::guard>(std::move(turn));
    co_return bound;
}

void scope_state::check_not_ended() const {
    std::lock_guard const lock{mutex_};
    if (ending_)
        throw scope_over();
}

// The end does not wait for an acquire: whoever comes back from one too late gives it back.
void scope_state::take_connection(std::shared_ptr<connection_impl> connection) {
    std::lock_guard const lock{mutex_};
    if (ending_)
        throw scope_over();
    connection_ = std::move(connection);
}

error scope_state::scope_over() const {
    return {errc::scope_ended, fmt::format("the transaction scope of {} is over", key_.describe())};
}

asio::awaitable<result> scope_state::run_first(statement statement) {
    auto const connection = lease_.slot()->connection;
    try {
        auto rows = co_await run_first_statement(
            connection, options_.begin_sql(), lease_.session(), std::move(statement));
        begun_ = true;
        co_return rows;
    } catch (...) {
        note_begun(*connection);
        throw;
    }
}

asio::awaitable<void> scope_state::begin() {
    auto const connection = lease_.slot()->connection;
    try {
        co_await open_transaction(connection, options_.begin_sql(), lease_.session());
        begun_ = true;
    } catch (...) {
        note_begun(*connection);
        throw;
    }
}

// What failed before it was sent has begun nothing: the next statement is the first one. Of what
// was cancelled, nobody knows yet.
void scope_state::note_begun(connection_impl const& connection) {
    begun_ = !connection.is_alive() || !connection.is_settled() ||
             connection.binding_now().state() != transaction_state::idle;
}

// Without its transaction, a statement would commit by itself.
void scope_state::check_still_open(connection_impl const& connection) const {
    if (connection.is_alive() && connection.binding_now().state() == transaction_state::idle)
        throw error{errc::transaction_aborted,
                    fmt::format("the transaction of {} was ended by a statement inside it",
                                key_.describe())};
}

void scope_state::check_join(transaction_options const& options) const {
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

void scope_state::keep_failure(std::shared_ptr<failure_listener> listener,
                               std::exception_ptr why) noexcept {
    std::lock_guard const lock{mutex_};
    if (failure_ != nullptr) // what follows is its consequence
        return;
    listener_ = std::move(listener);
    failure_ = std::move(why);
}

void scope_state::tell_failure() noexcept {
    std::unique_lock lock{mutex_};
    auto const listener = std::exchange(listener_, nullptr);
    auto const failure = std::exchange(failure_, nullptr);
    lock.unlock();
    if (listener != nullptr)
        listener->statement_failed(failure);
}

asio::awaitable<void> scope_state::end(bool commit) {
    auto const self = shared_from_this();
    std::shared_ptr<connection_impl> connection;
    {
        std::lock_guard const lock{mutex_};
        ending_ = true;
        connection = std::move(connection_);
    }
    if (connection == nullptr) // nothing was sent, and nothing will be
        co_return;
    end_watchdog const dog{connection};
    auto const turn = co_await turn_->lock(); // a child's statement may be under way
    auto const held = std::move(lease_);      // given back on every way out
    if (!begun_)
        co_return;
    if (!commit || rollback_only_) {
        co_await roll_back(connection);
        if (commit)
            throw error{errc::transaction_aborted,
                        fmt::format("the transaction of {} was rolled back, since a nested "
                                    "transaction in it had failed",
                                    key_.describe())};
        co_return;
    }
    co_await connection->settle();
    check_still_open(*connection); // or COMMIT would find nothing, and say that it is done
    auto const tag = co_await run_control(connection, "commit", errc::transaction_in_doubt);
    if (tag != "COMMIT")
        throw error{errc::transaction_aborted,
                    fmt::format("the transaction of {} was rolled back, since a statement in it "
                                "had failed",
                                key_.describe())};
}

// A connection that is gone has rolled back too.
asio::awaitable<void> scope_state::roll_back(std::shared_ptr<connection_impl> connection) {
    try {
        co_await run_control(connection, "rollback", errc::connection_lost);
    } catch (error const&) {
        connection->close();
    }
}

} // namespace copg::detail
