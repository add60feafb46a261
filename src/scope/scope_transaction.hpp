// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/async_mutex.hpp"
#include "base/context.hpp"
#include "scope/failure_listener.hpp"
#include "scope/savepoints.hpp"
#include "scope/transaction_story.hpp"

#include <copg/pool/pool.hpp>
#include <copg/scope/database.hpp>
#include <copg/scope/scope_key.hpp>
#include <copg/scope/transaction_options.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <source_location>
#include <string>

namespace copg::detail {

class connection_impl;
struct transaction_frame;

/// How a scope's transaction has ended, and what its caller gets when the body did not fail: null
/// only when it is committed, as was wanted.
struct transaction_end {
    transaction_outcome outcome = transaction_outcome::committed;
    std::exception_ptr failure;

    transaction_end() = default;
    transaction_end(transaction_outcome o, std::exception_ptr f) noexcept
        : outcome{o}, failure{std::move(f)} {}
};

/// What a body wants its transaction to end with, and what speaks against it.
struct ending_wish {
    bool commit = false;
    std::exception_ptr veto;   ///< why it has to be rolled back all the same; or null
    std::exception_ptr failed; ///< the first statement that has failed in it; or null

    ending_wish() = default;
};

/// The one transaction behind a scope and the levels inside it: its connection, what has been sent
/// of it, and its end.
///
/// States: lazy (nothing was sent); begun (BEGIN went out with the first statement, the lease is
/// held); ending; ended. Statements take turns: whoever has the turn is the only one that touches
/// what it guards.
///
/// Invariants: at most one connection; BEGIN is sent at most once; once it is ending no statement
/// starts; when it has ended no connection is held, and there is one outcome.
class scope_transaction : public std::enable_shared_from_this<scope_transaction> {
public:
    /// @param scope_id  of the scope's context_entry
    /// @param target    null: that of the first handle that is used
    scope_transaction(std::uint64_t scope_id,
                      scope_key key,
                      transaction_options const& options,
                      std::optional<database> target);

    scope_key const& key() const noexcept { return key_; }
    transaction_options const& options() const noexcept { return options_; }
    std::shared_ptr<async_mutex> const& turn() const noexcept { return turn_; }
    callbacks& waiting() noexcept { return *callbacks_; }

    // With the turn, while it is not ending (scope_transaction.cpp).

    /// @throws error errc::scope_ended
    void check_open() const;
    /// Whether the connection is there, for this handle too. @throws error errc::scope_conflict
    bool has_lease_for(database const& handle) const;
    /// Takes it. @throws as pool::acquire
    asio::awaitable<void> take_lease(database handle, std::source_location where);
    std::shared_ptr<connection_impl> const& leased() const noexcept;
    session const& bound_to() const noexcept { return lease_.session(); }
    /// Waits for what a cancelled statement left, if it did.
    /// @throws error errc::transaction_aborted when a statement has ended the transaction
    asio::awaitable<void> settle();
    /// Whether settle() has nothing to do, and a statement goes alone.
    bool is_plain() const;
    /// Runs a statement with what has to go around it.
    asio::awaitable<result> run_framed(statement statement);
    /// The same with COMMIT, in one flush if that can be, which is the end of the transaction
    /// unless the statement itself fails.
    asio::awaitable<result> run_and_commit(statement statement);
    /// The same without a statement: what is run next, unseen, is in the transaction.
    asio::awaitable<void> open();
    savepoints& points() noexcept { return points_; }
    /// Whether the server will take nothing but a rollback. @throws error errc::connection_busy
    asio::awaitable<bool> has_failed();
    /// Goes back to a savepoint. @return why that failed, or null
    asio::awaitable<std::exception_ptr> undo(std::string savepoint);

    // Any time (scope_transaction.cpp).

    /// @throws error errc::scope_conflict
    void check_target(database const& handle) const;
    /// @throws error errc::scope_conflict when these options cannot be had in this transaction
    void check_join(transaction_options const& options) const;
    /// @throws error errc::unsupported_statement for BEGIN, COMMIT and their like
    void refuse_control(statement const& statement) const;
    error over() const; ///< errc::scope_ended
    bool is_ending() const;
    std::optional<database> target() const;              ///< once there is one
    std::shared_ptr<connection_impl> connection() const; ///< while there is one
    /// Whether it has, or may yet get, a connection of this pool_impl.
    context_entry::hold holds(void const* pool) const noexcept;

    /// Something has been done that must not be done twice.
    void set_external_effect() noexcept { external_effect_ = true; }
    bool has_external_effect() const noexcept { return external_effect_; }

    /// A statement failed, of which a handle's listener is to hear when the connection is back.
    void keep_failure(std::shared_ptr<failure_listener> listener, std::exception_ptr why) noexcept;
    /// The transaction has ended: tells it.
    void tell_failure() noexcept;

    /// What tells that it, or a part of it, was rolled back though its body returned.
    transaction_end aborted(std::string const& why,
                            std::exception_ptr cause,
                            char const* what = "the transaction") const;
    /// Whether something may have gone wrong on the server.
    bool looks_failed() const;

    // The end (scope_end.cpp).

    /// Ends the transaction and gives the connection back; cancellation must be off.
    asio::awaitable<transaction_end> end(ending_wish wish);
    /// Sends COMMIT ahead of the end, with the turn. @throws what end() will tell
    asio::awaitable<void> commit_now();

private:
    transaction_frame make_frame(bool commits) const;
    void learn(transaction_frame const& frame, std::exception_ptr const& failure);
    void prove_begin();
    bool reads_only() const noexcept { return options_.read_only() == true; }
    bool wants_id() const noexcept {
        return options_.resolvable() && !reads_only() && id_.number.empty();
    }
    using connection_pointer = std::shared_ptr<connection_impl>;
    void take_connection(connection_pointer connection);
    error ended_inside() const; ///< errc::transaction_aborted

    transaction_end in_doubt(std::exception_ptr cause) const;
    transaction_end end_of_commit(connection_impl& connection,
                                  std::string const& tag,
                                  std::exception_ptr const& failure) const;
    std::shared_ptr<connection_impl> start_ending();
    void commit_ended(std::exception_ptr const& failure);
    asio::awaitable<transaction_end> end_begun(connection_pointer connection, ending_wish wish);
    asio::awaitable<transaction_end> commit(connection_pointer connection,
                                            std::exception_ptr failed);
    asio::awaitable<transaction_end> send_commit(connection_pointer connection);
    asio::awaitable<std::exception_ptr> roll_back(connection_pointer connection) const;
    asio::awaitable<std::exception_ptr> ask_id(connection_pointer connection);
    bool can_leave_commit(connection_impl const& connection) const;
    void report(connection_impl const& connection,
                transaction_end const& how,
                std::exception_ptr const& rollback_failure) const;

    std::uint64_t const scope_id_;
    scope_key const key_;
    transaction_options const options_;
    std::atomic<bool> external_effect_ = false;
    std::shared_ptr<async_mutex> const turn_ = std::make_shared<async_mutex>();
    std::shared_ptr<callbacks> const callbacks_ = std::make_shared<callbacks>();

    mutable std::mutex mutex_;
    std::optional<database> target_;              // guarded by mutex_; set once
    std::shared_ptr<connection_impl> connection_; // guarded by mutex_; once the lease is taken
    bool ending_ = false;                         // guarded by mutex_
    std::shared_ptr<failure_listener> listener_;  // guarded by mutex_; of the first failure
    std::exception_ptr failure_;                  // guarded by mutex_

    // Guarded by turn_.
    lease lease_;
    bool begun_ = false;
    bool begin_unproved_ = false; // it was cancelled; whoever has settled knows
    savepoints points_;
    transaction_id id_;
    bool id_is_stale_ = false;             // something ran without asking for it
    bool below_serializable_ = false;      // proved, of a READ ONLY transaction
    std::optional<transaction_end> ended_; // by a COMMIT with the last statement
};

} // namespace copg::detail
