// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connect_target.hpp"
#include "driver/pg_handles.hpp"
#include "driver/time_limit.hpp"

#include <boost/asio/awaitable.hpp>

#include <exception>

namespace copg::detail {

/// A PGconn in the making: libpq's steps without the waits between them. Each step may read the
/// service and password file, certificates, keys and credential caches, and so may block: steps run
/// on a helper thread, everything else on the loop, never two at a time.
///
/// An attempt that failed or was abandoned is finished on a helper thread too, where it ends.
class handshake {
public:
    explicit handshake(keyword_list keywords) : keywords_{std::move(keywords)} {}
    handshake(handshake const&) = delete;
    handshake& operator=(handshake const&) = delete;
    ~handshake();

    void start();
    void step();

    bool waits() const noexcept { return waits_to_read() || waits_to_write(); }
    bool waits_to_read() const noexcept { return wanted_ == PGRES_POLLING_READING; }
    bool waits_to_write() const noexcept { return wanted_ == PGRES_POLLING_WRITING; }
    /// What to wait on; may be another one after each step.
    int socket() const noexcept { return PQsocket(connection_.get()); }

    /// The connection, ready for use. @throws sql_error, error errc::connect_failed
    pg_connection result();

private:
    keyword_list keywords_;
    pg_connection connection_;
    PostgresPollingStatusType wanted_ = PGRES_POLLING_FAILED;
};

/// Connects to the one server that the keywords name, within the limit. Must run on a strand.
/// Cancellation (terminal): the caller goes on at once, and no socket is left behind.
asio::awaitable<pg_connection> shake_hands(keyword_list keywords, time_limit const& limit);

} // namespace copg::detail
