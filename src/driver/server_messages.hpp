// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/pg_handles.hpp"

#include <copg/base/sql_error.hpp>

#include <string>
#include <string_view>

namespace copg::detail {

/// The fields of an error or notice. A message that libpq made up itself has no SQLSTATE: state 0.
sql_diagnostics diagnostics_of(PGresult const* result);

/// libpq's text of several lines as one.
std::string one_line(std::string_view text);

/// libpq's last message on this connection, on one line.
std::string last_message(PGconn const* connection);

/// What copg knows beyond the server's message, or an empty text.
std::string advice_for(sqlstate state);

} // namespace copg::detail
