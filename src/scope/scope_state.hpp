// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/async_mutex.hpp"
#include "base/context.hpp"
#include "scope/failure_listener.hpp"

#include <copg/pool/pool.hpp>
#include <copg/scope/database.hpp>
#include <copg/scope/scope_key.hpp>
#include <copg/scope/transaction_options.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

namespace copg::detail {

class connection_impl;

/// A transaction scope. States: lazy (nothing was sent); begun (BEGIN went out with the first
/// statement, the lease is held); ended. Statements of parallel children take turns.
///
/// Invariants: at most one connection; BEGIN is sent at most once; after end() nothing runs, and no
/// connection is held.
class scope_state : public context_entry, public std::enable_shared_from_this<scope_state> {
public:
    scope_state(scope_key key, transaction_options const& options)
        : key_{std::move(key)}, options_{options} {}

    scope_key const& key() const noexcept { return key_; }
    hold holds(void const*) const noexcept override { return hold::none; }

    /// Runs a statement of a handle of this scope's name in its transaction.
    /// @throws error errc::scope_ended, errc::scope_conflict, errc::unsupported_statement
    asio::awaitable<result> run(database handle, statement statement);

    /// Lends the connection of this scope, in its transaction, for an operation that takes a while:
    /// the turn passes on when the operation has started.
    asio::awaitable<bound_connection> bind(database handle);

    /// @throws error errc::scope_conflict when these options cannot be had in this transaction
    void check_join(transaction_options const& options) const;

    /// A nested body failed: the whole can only be rolled back.
    void set_rollback_only() noexcept { rollback_only_ = true; }

    /// A statement failed, of which a handle's listener is to hear when the connection is back.
    void keep_failure(std::shared_ptr<failure_listener> listener, std::exception_ptr why) noexcept;
    /// The transaction has ended: tells it.
    void tell_failure() noexcept;

    /// Ends the transaction. @throws error errc::transaction_aborted when COMMIT was asked for and
    /// ROLLBACK happened, errc::transaction_in_doubt; sql_error when COMMIT failed
    asio::awaitable<void> end(bool commit);

private:
    asio::awaitable<result> run_in_turn(database const& handle, statement statement);
    asio::awaitable<void> take_lease(database const& handle, std::source_location where);
    asio::awaitable<result> run_first(statement statement);
    asio::awaitable<void> begin();
    void note_begun(connection_impl const& connection);
    void check_still_open(connection_impl const& connection) const;
    void check_not_ended() const;
    void take_connection(std::shared_ptr<connection_impl> connection);
    error scope_over() const;
    static asio::awaitable<void> roll_back(std::shared_ptr<connection_impl> connection);

    scope_key const key_;
    transaction_options const options_;
    std::atomic<bool> rollback_only_ = false;
    std::shared_ptr<async_mutex> const turn_ = std::make_shared<async_mutex>();

    mutable std::mutex mutex_;
    std::shared_ptr<connection_impl> connection_; // guarded by mutex_; once the lease is taken
    bool ending_ = false;                         // guarded by mutex_
    std::shared_ptr<failure_listener> listener_;  // guarded by mutex_; of the first failure
    std::exception_ptr failure_;                  // guarded by mutex_

    // Guarded by turn_.
    std::optional<database> bound_;
    lease lease_;
    bool begun_ = false;
};

/// The innermost scope of that key that a coroutine takes part in, or null.
std::shared_ptr<scope_state> find_scope(std::shared_ptr<context_node const> const& innermost,
                                        scope_key const& key) noexcept;

} // namespace copg::detail
