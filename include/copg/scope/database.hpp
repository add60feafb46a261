// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/pool/pool.hpp>
#include <copg/scope/scope_key.hpp>

#include <memory>

namespace copg {

namespace detail {
class failure_listener;
}

/// A tenant's or a named database as a value: a pool, a session and a name for scopes.
///
/// Inside a transaction scope of its name every statement joins the scope's transaction. Anywhere
/// else each statement borrows a connection for itself, in one round trip, and stands alone;
/// BEGIN, COMMIT and ROLLBACK are refused there with errc::unsupported_statement.
///
/// Thread safety: distinct and shared objects are safe; statements may run side by side. The
/// functions copy what they need: the handle need not outlive them.
class COPG_API database : public query_functions<database> {
public:
    /// @param key  what scopes it joins; by default those of transaction(database, …) on a handle
    ///             of the same pool and session
    explicit database(copg::pool const& pool, copg::session const& bound_to = {});
    database(copg::pool pool, copg::session bound_to, scope_key key);

    /// Runs one statement; the functions of query_functions come down to this.
    asio::awaitable<result> run(statement statement) const;

    /// For the functions of query_functions.
    asio::awaitable<detail::bound_connection> bind() const;

    /// Leases a connection. Inside a scope of its name that is the scope's, which lends it: what is
    /// run on it is in the scope's transaction, giving it back leaves it to the scope, and once the
    /// scope is over it fails with errc::scope_ended. (pool().acquire() never joins.)
    /// @throws as pool::acquire; inside a scope error errc::scope_conflict, errc::scope_ended
    asio::awaitable<lease>
    acquire(std::source_location where = std::source_location::current()) const;

    copg::pool const& pool() const noexcept { return pool_; }
    copg::session const& session() const noexcept { return session_; }
    scope_key const& key() const noexcept { return *key_; }

    /// For copg's own layers: the same, and somebody who is told of statements that fail and is
    /// kept alive by the handle.
    database told_to(std::shared_ptr<detail::failure_listener> listener) const;

private:
    copg::pool pool_;
    copg::session session_;
    std::shared_ptr<scope_key const> key_;
    std::shared_ptr<detail::failure_listener> listener_; // may be null
};

} // namespace copg
