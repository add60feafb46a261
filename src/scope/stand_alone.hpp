// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/bound_connection.hpp>
#include <copg/driver/statement.hpp>
#include <copg/pool/lease.hpp>

namespace copg::detail {

/// For a statement that is to have a connection for itself.
/// @throws error errc::unsupported_statement for BEGIN, COMMIT and their like
void check_stands_alone(statement const& statement);

/// A leased connection for one operation, given back when that is over.
bound_connection lend(lease acquired);

} // namespace copg::detail
