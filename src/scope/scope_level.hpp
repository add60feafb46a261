// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/async_mutex.hpp"
#include "base/context.hpp"
#include "scope/scope_transaction.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

namespace copg::detail {

/// A part of a scope's transaction that can be undone by itself: the whole of it (the outermost
/// level), or what runs behind a savepoint. What joins a level has no level of its own.
///
/// States: open; over. Invariant: while a level is open inside another one, nothing starts in that
/// other one, so that savepoints nest, whatever children run in parallel.
class scope_level final : public context_entry, public std::enable_shared_from_this<scope_level> {
public:
    using pointer = std::shared_ptr<scope_level>;

    /// The outermost level of a new transaction.
    static pointer
    open(scope_key key, transaction_options const& options, std::optional<database> target);
    /// Waits until no other level is open in the outer one, and opens one.
    /// @throws error errc::scope_ended
    static asio::awaitable<pointer> open_inside(pointer outer);

    explicit scope_level(pointer outer) noexcept : outer_{std::move(outer)} {}

    std::shared_ptr<scope_transaction> const& transaction() const noexcept { return transaction_; }
    bool is_outermost() const noexcept { return outer_ == nullptr; }
    hold holds(void const* resource) const noexcept override;

    // Statements (scope_level.cpp). Whoever calls one keeps the level.

    using turn_guard = async_mutex::guard;

    /// The turn for a statement that can go now, alone, on the transaction's connection; nothing
    /// when it is for run(). @throws as run()
    std::optional<turn_guard> try_plain(database const& handle, statement const& statement);
    /// What try_plain() let go has failed. Call with the turn.
    void note_failure(std::exception_ptr const& why) noexcept;

    /// Runs a statement of a handle of the scope's name.
    /// @throws error errc::scope_ended, errc::scope_conflict, errc::unsupported_statement
    asio::awaitable<result> run(database handle, statement statement);
    /// Runs the last statement and COMMIT, in one flush.
    asio::awaitable<result> run_last(database handle, statement statement);
    /// Lends the connection, in its transaction, for an operation that takes a while: the turn
    /// passes on when the operation has started.
    asio::awaitable<bound_connection> bind(database handle);
    /// Sees to it that there is a connection.
    asio::awaitable<void> take_connection(database handle, std::source_location where);

    /// Whether nothing can be run in it any more.
    bool is_over() const noexcept;

    // Joins.

    void joined() noexcept;
    void left() noexcept;

    // The end (scope_level.cpp).

    /// It can only be undone. The first reason counts.
    void veto(std::exception_ptr why) noexcept;
    std::exception_ptr vetoed() const noexcept;
    callbacks& waiting() noexcept { return is_outermost() ? transaction_->waiting() : waiting_; }

    /// Ends an inner level; cancellation must be off.
    /// @return why it was undone though it was to be kept, or null
    asio::awaitable<std::exception_ptr> end_inside(bool keep);
    /// Ends the outermost level, and the transaction with it.
    asio::awaitable<transaction_end> end(bool commit);

private:
    asio::awaitable<turn_guard> wait_for_turn();
    void check_open() const;
    void check_may_commit() const;
    std::exception_ptr reason_to_undo(std::exception_ptr const& otherwise) const;
    asio::awaitable<std::exception_ptr> close_inside(bool keep);

    pointer const outer_; // null of the outermost
    std::shared_ptr<scope_transaction> transaction_;
    savepoints::number number_ = 0;
    std::shared_ptr<async_mutex> const gate_ = std::make_shared<async_mutex>();
    std::optional<turn_guard> outer_gate_; // while it is open
    bool has_inner_ = false;               // guarded by the turn: a level is open in it
    std::atomic<bool> over_ = false;
    callbacks waiting_;

    mutable std::mutex mutex_; // guards all below
    std::size_t joins_ = 0;
    std::exception_ptr veto_;
    std::exception_ptr failed_; // the first statement that has failed
};

/// The innermost level of a scope of that key that a coroutine takes part in, or null.
scope_level::pointer find_level(std::shared_ptr<context_node const> const& innermost,
                                scope_key const& key) noexcept;

/// The innermost level of the same transaction that a coroutine is in, or that level itself.
scope_level::pointer innermost_of(std::shared_ptr<context_node const> const& innermost,
                                  scope_level::pointer const& level) noexcept;

} // namespace copg::detail
