// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/query_functions.hpp>
#include <copg/driver/session.hpp>
#include <copg/driver/transaction_modes.hpp>
#include <copg/pool/explicit_transaction.hpp>

#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <utility>

namespace copg {

namespace detail {
class connection_impl;
class connection_lender;
class pool_impl;
struct pool_slot;
} // namespace detail

/// One pooled connection, exclusively, until the lease is destroyed or released. Every statement
/// sees the lease's session.
///
/// Giving back never waits: an open transaction is rolled back in the background and told to
/// observer::on_open_transaction, a connection that is still running something is closed.
///
/// A lease that a transaction scope lends is on the scope's connection, in its transaction: giving
/// it back leaves the connection where it is, and BEGIN and COMMIT as SQL text are refused.
///
/// Thread safety: distinct objects are safe. Only one statement may run at a time; a second one
/// fails with errc::connection_busy. Lifetime: must outlive the functions that it has started.
class COPG_API lease : public query_functions<lease> {
public:
    /// A lease that holds nothing.
    lease() noexcept = default;
    lease(lease&& other) noexcept
        : owner_{std::move(other.owner_)},
          slot_{std::exchange(other.slot_, nullptr)},
          session_{std::move(other.session_)} {}
    lease& operator=(lease&&) noexcept;
    ~lease() {
        if (slot_ != nullptr)
            release();
    }

    /// Runs one statement; the functions of query_functions come down to this.
    /// @throws error errc::lease_released when nothing is held
    asio::awaitable<result> run(statement statement) const;

    /// For the functions of query_functions.
    asio::awaitable<detail::bound_connection> bind() const;

    /// Begins a transaction, or a savepoint in the one that the connection is in already.
    /// Cancellation (terminal): as if it had been begun and destroyed.
    /// @throws error errc::lease_released when nothing is held; errc::scope_conflict when modes are
    ///         asked for in a transaction; errc::transaction_aborted inside one that can only be
    ///         rolled back
    asio::awaitable<explicit_transaction>
    begin(transaction_modes modes = {},
          std::source_location where = std::source_location::current()) const;

    /// Gives the connection back now. Does nothing the second time.
    void release() noexcept;

    /// Closes the connection instead of giving it back: for one that is known to be bad, or that
    /// must not be used by anybody else. Does nothing when none is held.
    void discard() noexcept;

    /// Whether a connection is held.
    explicit operator bool() const noexcept { return owner_ != nullptr; }

    copg::session const& session() const noexcept { return session_; }

    /// The server process, as in pg_stat_activity; 0 when nothing is held.
    int backend_pid() const noexcept;

    /// What the server reports of itself; see connection::parameter_status.
    std::string parameter_status(char const* name) const;

    /// For copg's own layers.
    lease(std::shared_ptr<detail::pool_impl> pool,
          detail::pool_slot& slot,
          copg::session bound_to) noexcept;
    lease(std::shared_ptr<detail::connection_lender> lender, copg::session bound_to) noexcept;
    /// Null when it is lent.
    detail::pool_slot* slot() const noexcept { return slot_; }

private:
    detail::connection_lender* lender() const noexcept;
    std::shared_ptr<detail::connection_impl> connection() const noexcept;

    std::shared_ptr<void> owner_; // of a slot its pool_impl, else a connection_lender; or null
    detail::pool_slot* slot_ = nullptr;
    copg::session session_;
};

} // namespace copg
