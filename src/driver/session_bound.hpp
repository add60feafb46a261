// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"

#include <copg/driver/session.hpp>

#include <boost/asio/awaitable.hpp>

#include <string>
#include <vector>

namespace copg::detail {

// For what no transaction block allows: the session's settings hold for the whole connection
// meanwhile. Binding and unbinding are segments of their own, since what fails inside a segment
// undoes the whole of it. The caller holds the connection.

/// Runs one statement that way.
asio::awaitable<result>
run_session_bound(connection_impl& connection, session session, statement statement);

/// Runs a script: several statements in one text, in the simple protocol. Outside a transaction it
/// is one transaction, unless it holds BEGIN or COMMIT itself (PostgreSQL manual, 55.2.2.1).
asio::awaitable<std::vector<command_result>>
run_script(std::shared_ptr<connection_impl> connection, session session, statement script);

} // namespace copg::detail
