// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/connection.hpp>

#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>

namespace copg::micro {

namespace asio = boost::asio;

/// One connection of copg and the loop that it lives on.
class client {
public:
    explicit client(std::string const& dsn, session bound_to = {});
    client(client const&) = delete;
    client& operator=(client const&) = delete;

    connection& on() noexcept { return *connection_; }

    /// Runs the loop until a coroutine has ended.
    void finish(asio::awaitable<void> body);

private:
    asio::awaitable<void> connect(connect_options options, session bound_to);

    asio::io_context loop_{1};
    std::optional<connection> connection_;
};

} // namespace copg::micro
