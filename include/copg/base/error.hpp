// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <stdexcept>
#include <string>
#include <system_error>

namespace copg {

/// What went wrong on copg's side of the wire: one code for each decision that a caller can take.
/// What the server reports is a sql_error with a sqlstate instead.
enum class errc {
    invalid_dsn = 1,       ///< the connection string cannot be understood
    invalid_configuration, ///< options contradict each other or are out of range
    invalid_session,       ///< a schema, tenant, role or setting that PostgreSQL cannot represent
    tenant_not_found,      ///< no tenant of that id is set
    name_not_found,        ///< no named pool of that name is set
    connect_failed,        ///< no connection could be made; the message says why
    connect_timeout,       ///< the server did not answer in time
    connection_lost,       ///< the connection broke; nothing of the statement was committed
    statement_in_doubt,    ///< the connection broke after an autocommit statement was sent
    query_timeout,         ///< a statement did not end within its time limit; it was stopped
    deadline_exceeded,     ///< with_deadline: the operation did not end in time; it was cancelled
    connection_busy,       ///< the connection is already running something else
    acquire_timeout,       ///< every connection stayed in use for the whole acquire timeout
    queue_full,            ///< as many coroutines wait for a connection as may
    nested_acquire,        ///< every connection is held by a scope that waits for another one
    pool_closed,           ///< the pool was closed
    lease_released,        ///< the lease has been given back or moved from
    no_row,                ///< one row was asked for, there is none
    several_rows,          ///< one row was asked for, there are several
    type_mismatch,         ///< a column does not have the C++ type that was asked for
    unexpected_null,       ///< NULL where the C++ type has no room for it
    value_out_of_range,    ///< a value that the other side's type cannot hold
    empty_query,           ///< the SQL text holds no statement
    unsupported_statement, ///< this statement cannot run here; the message says what can
    batch_aborted,         ///< another statement of an atomic batch failed; nothing was kept
    protocol_error,        ///< the server's answer makes no sense
    transaction_aborted,   ///< COMMIT was asked for, the transaction was rolled back
    transaction_in_doubt,  ///< the connection broke while COMMIT was under way
    failed_after_commit,   ///< the transaction was committed; what was to follow it failed
    scope_ended,           ///< the transaction scope of this coroutine is over
    scope_unbound,         ///< a scope of a name was asked for a statement before any handle was
    scope_conflict,        ///< two different targets of one name, or two isolations, in one scope
    unsupported_database,  ///< a configured database of a type that copg does not serve
    not_sql_database,      ///< a configured database that takes no SQL
    not_mongodb,           ///< MongoDB was asked for where another type is configured
    identifier_conflict,   ///< the identifier of a pool that has other settings
    manager_closed,        ///< the manager has been shut down
    no_default_connection, ///< the manager has no default
    no_member_available,   ///< nothing to balance over
};

/// The category of errc.
COPG_API std::error_category const& copg_category() noexcept;

COPG_API std::error_code make_error_code(errc code) noexcept;

/// Base of every exception that copg throws itself. Compare code(), never what().
/// Thread safety: immutable; copying does not throw.
class COPG_API error : public std::system_error {
public:
    error(std::error_code code, std::string const& message);
    error(errc code, std::string const& message);

    /// The whole message, without the category's text appended.
    char const* what() const noexcept override { return message_.what(); }

private:
    std::runtime_error message_; // copies without throwing
};

} // namespace copg

template <>
struct std::is_error_code_enum<copg::errc> : std::true_type {};
