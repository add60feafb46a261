// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/query_functions.hpp>

#include <memory>
#include <source_location>

namespace copg {

namespace detail {
class begun_transaction;
}

/// A transaction that is begun and ended by hand: lease::begin() makes one. What it is begun in may
/// be a transaction already (BEGIN as SQL text, another explicit_transaction, a scope that lends
/// the lease): then it is a savepoint in that one, and its end never ends the outer one.
///
/// After its end every function but is_open() fails with errc::scope_ended. Ending an outer one
/// ends those inside it, and COMMIT or ROLLBACK as SQL text on the lease ends all of them. While
/// one inside it is open, the statements of an outer one are part of the inner one as well.
///
/// One that is destroyed without commit() or rollback() is rolled back: the outermost one before
/// the next statement on the connection, which stands outside it then, or in the background when
/// the lease is given back. One inside another explicit_transaction takes that along: the outer one
/// fails with errc::transaction_aborted in all functions but rollback(), and so does its commit(),
/// which rolls back.
///
/// Thread safety: as the lease, with which it counts as one object. Lifetime: must outlive the
/// functions that it has started. The lease may be moved meanwhile; giving it back ends the
/// transaction.
class COPG_API explicit_transaction : public query_functions<explicit_transaction> {
public:
    explicit_transaction(explicit_transaction&&) noexcept;
    explicit_transaction& operator=(explicit_transaction&&) noexcept;
    ~explicit_transaction();

    /// Commits; inside a transaction it releases the savepoint, and the outer one decides.
    /// Cancellation has no effect once it is called; a coroutine that was cancelled before does not
    /// come to call it (see asio::this_coro::throw_if_cancelled). After 10 s the connection is
    /// closed.
    /// @throws sql_error when the server refuses, as for a deferred constraint: it was rolled back;
    ///         error errc::transaction_aborted when it could only be rolled back, and was;
    ///         errc::transaction_in_doubt when the connection broke while COMMIT was under way;
    ///         errc::connection_busy while a stream or COPY is open: it goes on
    asio::awaitable<void> commit(std::source_location where = std::source_location::current());

    /// Rolls back, to the savepoint if it is one. Cancellation and time as commit(). A connection
    /// that is lost has rolled back too, which is no failure.
    /// @throws error errc::connection_busy as commit()
    asio::awaitable<void> rollback(std::source_location where = std::source_location::current());

    /// A transaction inside this one.
    /// Cancellation (terminal): as if it had been begun and destroyed.
    asio::awaitable<explicit_transaction>
    savepoint(std::source_location where = std::source_location::current());

    /// Whether it has not ended yet.
    bool is_open() const noexcept;

    /// Runs one statement; the functions of query_functions come down to this.
    /// @throws error errc::unsupported_statement for BEGIN, COMMIT, ROLLBACK and their like
    asio::awaitable<result> run(statement statement) const;

    /// For the functions of query_functions.
    asio::awaitable<detail::bound_connection> bind() const;

    /// For copg's own layers.
    explicit explicit_transaction(std::shared_ptr<detail::begun_transaction> begun) noexcept;

private:
    std::shared_ptr<detail::begun_transaction> begun_; // null when moved from
};

} // namespace copg
