// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"
#include "driver/segment_builder.hpp"
#include "driver/segment_exchange.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace copg::detail {

// Segments as the runners send them: with what a former borrower left to do in front, and with what
// the statement cache lets go of behind.

/// What is to be done before a segment is built.
void prepare_to_build(backend_state& backend);

/// The time limit of a statement on a connection; 0: none.
std::chrono::milliseconds limit_of(connection_impl const& connection, statement const& statement);

/// Sends one segment. @param closes  whether statements may be let go of behind it: not inside an
/// open transaction, which a failure there would spoil
asio::awaitable<segment_answer> perform_one(connection_impl& connection,
                                            segment const& wanted,
                                            std::chrono::milliseconds limit,
                                            bool closes = false);

/// The segment that undoes what the former borrower left behind.
segment reset_segment(errc on_loss);

/// Sends the reset that is due, if one is, by itself.
asio::awaitable<void> reset_if_due(connection_impl& connection);

/// The error when the reset in front of a statement has failed; the connection is closed.
error reset_failed(connection_impl& connection);

/// Rolls back a transaction that has failed already. A failure here loses the connection, and with
/// it the transaction, so that the first error is still the one to tell.
asio::awaitable<void> roll_back(connection_impl& connection);

/// Throws what a segment failed with. @param limit  that it ran under: the server's word that it
/// stopped the statement is then errc::query_timeout
[[noreturn]] void rethrow(segment_answer const& answer,
                          std::chrono::milliseconds limit,
                          exchange::clock::time_point started);

/// Whether it failed with something that copg itself prepared and that is not there as believed.
bool lost_own_statement(segment const& sent, segment_answer const& answer);

} // namespace copg::detail
