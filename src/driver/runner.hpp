// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"

#include <copg/driver/session.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace copg::detail {

// How statements are run on a connection under a session. Each function throws
// errc::connection_busy when another coroutine is running one there, and leaves the connection
// either usable or closed.

/// Runs one statement so that it sees the session, whatever state the connection is in.
asio::awaitable<result>
run_statement(std::shared_ptr<connection_impl> connection, session session, statement statement);

/// Opens a transaction and runs its first statement, in one round trip. When it throws, the
/// transaction is open and failed, or the connection lost.
asio::awaitable<result> run_first_statement(std::shared_ptr<connection_impl> connection,
                                            std::string begin_sql,
                                            session session,
                                            statement statement);

/// Ends a transaction: COMMIT or ROLLBACK. @return the command tag
asio::awaitable<std::string>
run_control(std::shared_ptr<connection_impl> connection, std::string sql, errc on_loss);

} // namespace copg::detail
