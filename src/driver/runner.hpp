// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"

#include <copg/driver/session.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace copg::detail {

// How statements are run on a connection under a session. Each function throws
// errc::connection_busy when something else uses the connection, waits until what a cancelled
// statement left there is over, and leaves the connection usable, unsettled, or closed.

/// @throws error errc::empty_query, errc::unsupported_statement for what has functions of its own
void refuse_unsupported(statement_kind kind);

/// Reads the text of a statement that is about to run, and notes what it may leave behind.
/// @throws as refuse_unsupported()
sql_traits admit(connection_impl& connection, statement const& statement);

/// Whether a runner takes the right to use the connection, or its caller has it.
enum class usage { claimed, held };

/// Runs one statement so that it sees the session, whatever state the connection is in.
asio::awaitable<result> run_statement(std::shared_ptr<connection_impl> connection,
                                      session session,
                                      statement statement,
                                      usage how = usage::claimed);

/// Opens a transaction and nothing else, for whoever holds the connection. When it throws, the
/// transaction is open and failed, or the connection lost.
asio::awaitable<void>
open_held(connection_impl& connection, std::string const& begin_sql, session const& session);

/// Makes the session hold in the open transaction, for whoever holds the connection.
asio::awaitable<void> bind_held(connection_impl& connection, session const& session);

/// What a statement returns, without running it: a result without rows. For whoever holds the
/// connection and has made the session hold.
asio::awaitable<result> describe_held(connection_impl& connection, std::string const& sql);

/// Ends a transaction: COMMIT or ROLLBACK. @return the command tag
asio::awaitable<std::string>
run_control(std::shared_ptr<connection_impl> connection, std::string sql, errc on_loss);

/// Waits until what a former statement left is over, and undone.
/// @return the state that the next statement finds
asio::awaitable<transaction_state> settled_state(std::shared_ptr<connection_impl> connection,
                                                 std::source_location where);

/// Makes a connection that nobody has any more fit for the next borrower: waits until it is
/// settled, and rolls back. When it throws, or the connection is not at rest after it, it must go.
asio::awaitable<void> make_ready(std::shared_ptr<connection_impl> connection);

} // namespace copg::detail
