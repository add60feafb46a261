// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/query_functions.hpp>
#include <copg/scope/scope_key.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <source_location>

namespace copg {

namespace detail {
class scope_level;
}

/// The transaction scope that a coroutine is in, as an object: what transaction() hands to a body
/// that takes it, and current_transaction() finds. Its query functions run in the transaction, like
/// those of every database handle of the scope's name.
///
/// A handle: copies mean the same. It may be kept longer than the scope: what runs a statement or
/// changes the scope's end then fails with errc::scope_ended. Inside a savepoint what is run
/// through it, or through the outer one's, is a part of the innermost one that the coroutine is in.
/// Thread safety: distinct and shared objects are safe; statements of parallel children take turns.
class COPG_API transaction_scope : public query_functions<transaction_scope> {
public:
    /// Runs one statement; the functions of query_functions come down to this.
    /// @throws error errc::scope_unbound when the scope was opened by a name of which no database
    ///         handle has been used in it yet
    asio::awaitable<result> run(statement statement) const;

    /// For the functions of query_functions.
    asio::awaitable<detail::bound_connection> bind() const;

    /// Runs a last statement and COMMIT in one flush (in two, if the scope is resolvable and has
    /// written nothing yet). Nothing can be run in the scope afterwards; the body may go on. When
    /// the statement itself fails nothing was committed, and the scope rolls back. Cancelled once
    /// it was sent, the transaction is in doubt; before that, nothing has happened.
    /// @throws as transaction() at its end; error errc::scope_conflict in a nested one
    template <class... Parameters>
    asio::awaitable<command_result> execute_and_commit(sql text,
                                                       Parameters const&... parameters) const {
        return detail::command(run_and_commit(statement{text, parameters...}));
    }

    /// The transaction, or the savepoint that the scope stands for, will be rolled back: its end
    /// fails with errc::transaction_aborted, naming this place.
    void set_rollback_only(std::source_location where = std::source_location::current()) const;
    bool is_rollback_only() const noexcept;

    /// Calls it, and awaits what it returns, once the transaction is known to be committed: after
    /// the connection was given back, before transaction() returns, outside the scope, in the order
    /// of registration; cancellation does not reach it. Forgotten when this part of the transaction
    /// is rolled back. When it throws, the others are still called, and transaction() fails with
    /// errc::failed_after_commit. While the outcome is in doubt it waits for resolve_in_doubt().
    void after_commit(std::function<asio::awaitable<void>()> callback) const;

    /// The same for a transaction, or a savepoint in it, that is known to be rolled back; what it
    /// throws is dropped, since transaction() throws why it was rolled back.
    void after_rollback(std::function<asio::awaitable<void>()> callback) const;

    /// Something was done outside the database that must not be done twice: the body will not be
    /// run again, whatever transaction_options::retry() says.
    void external_effect() const noexcept;

    /// As in pg_stat_activity; 0 while nothing was run.
    int backend_pid() const noexcept;

    scope_key const& key() const noexcept;

    /// For copg's own layers.
    explicit transaction_scope(std::shared_ptr<detail::scope_level> level) noexcept;
    transaction_scope(transaction_scope const&) noexcept;
    transaction_scope(transaction_scope&&) noexcept;
    transaction_scope& operator=(transaction_scope const&) noexcept;
    transaction_scope& operator=(transaction_scope&&) noexcept;
    ~transaction_scope();
    std::shared_ptr<detail::scope_level> const& level() const noexcept { return level_; }

private:
    asio::awaitable<result> run_and_commit(statement statement) const;
    void check_open() const;

    std::shared_ptr<detail::scope_level> level_;
};

} // namespace copg
