// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/connect_options.hpp>
#include <copg/driver/query_functions.hpp>
#include <copg/driver/session.hpp>

#include <memory>
#include <string>

namespace copg {

namespace detail {
class connection_impl;
}

/// One connection of one's own, outside any pool. Closed by its destructor.
///
/// Thread safety: distinct objects are safe. Only one statement may run at a time; a second one
/// fails with errc::connection_busy. Lifetime: must outlive the functions that it has started.
class COPG_API connection : public query_functions<connection> {
public:
    /// Connects on the calling coroutine's executor.
    /// Cancellation (terminal): no socket is left behind.
    /// @param bound_to  what every statement sees; nothing is set by default
    /// @throws sql_error when the server refuses, error errc::connect_failed, errc::connect_timeout
    static asio::awaitable<connection> connect(connect_options options, session bound_to = {});

    connection(connection&&) noexcept;
    connection& operator=(connection&&) noexcept;
    ~connection();

    /// Runs one statement; the functions of query_functions come down to this.
    asio::awaitable<result> run(statement statement) const;

    /// For the functions of query_functions.
    asio::awaitable<detail::bound_connection> bind() const;

    /// False once the connection is lost or closed.
    bool is_open() const noexcept;
    void close() noexcept;

    /// The server process, as in pg_stat_activity.
    int backend_pid() const noexcept;

    /// What the server reports of itself: server_version, TimeZone … (PostgreSQL manual, 34.2).
    std::string parameter_status(char const* name) const;

    /// Flushes to be answered that were sent so far: what a network's latency is paid for.
    std::uint64_t round_trips() const noexcept;

    /// For copg's own layers: a handle that leaves the connection open.
    explicit connection(std::shared_ptr<detail::connection_impl> borrowed) noexcept;

private:
    connection(std::shared_ptr<detail::connection_impl> impl, session bound_to) noexcept;

    std::shared_ptr<detail::connection_impl> impl_;
    session session_;
    bool owned_ = true;
};

} // namespace copg
