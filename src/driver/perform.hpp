// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"
#include "driver/segment_builder.hpp"
#include "driver/segment_exchange.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <utility>

namespace copg::detail {

// Segments as the runners send them: with what a former borrower left to do in front, and with what
// the statement cache lets go of behind.

/// Whether a statement can be built and sent at once; otherwise get_ready() comes first.
inline bool is_ready(connection_impl& connection) noexcept {
    return connection.is_settled() && !connection.backend().rollback_due();
}

/// Waits until what a former statement left is over, and rolls back what it began.
asio::awaitable<void> get_ready(connection_impl& connection);

/// A transaction of copg's own, begun around one operation: whoever is cancelled in it cannot roll
/// it back, and leaves that to the next one.
class own_transaction {
public:
    explicit own_transaction(connection_impl& connection) noexcept : connection_{connection} {}
    ~own_transaction() { leave(); }
    own_transaction(own_transaction const&) = delete;
    own_transaction& operator=(own_transaction const&) = delete;

    void began() noexcept { open_ = true; }
    void ended() noexcept { open_ = false; }
    void leave() noexcept {
        if (std::exchange(open_, false))
            connection_.locked([this] { connection_.backend().require_rollback(); });
    }
    bool is_open() const noexcept { return open_; }

private:
    connection_impl& connection_;
    bool open_ = false;
};

/// Whether a reset has to go in front: inside a transaction it waits, since it would break it.
bool resets_first(connection_impl& connection) noexcept;

/// What is to be done before a segment is built.
void prepare_to_build(connection_impl& connection);

/// The time limit of a statement on a connection; 0: none.
std::chrono::milliseconds limit_of(connection_impl const& connection, statement const& statement);

/// Whether anything is to be sent with a segment.
inline bool has_company(connection_impl& connection, bool closes) noexcept {
    return (closes && !connection.backend().statements().dropped().empty()) ||
           resets_first(connection);
}

/// Sends one segment. @param closes  whether statements may be let go of behind it: not inside an
/// open transaction, which a failure there would spoil
asio::awaitable<segment_answer> perform_one(connection_impl& connection,
                                            segment const& wanted,
                                            std::chrono::milliseconds limit,
                                            bool closes = false);

/// The segment that undoes what the former borrower left behind. @param due  not none
segment reset_segment(leftovers due, errc on_loss);

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
/// The same as a value.
std::exception_ptr failure_of(segment_answer const& answer,
                              std::chrono::milliseconds limit,
                              exchange::clock::time_point started);

/// Whether it failed with something that copg itself prepared and that is not there as believed.
bool lost_own_statement(segment const& sent, segment_answer const& answer);

} // namespace copg::detail
