// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>

namespace copg {

namespace asio = boost::asio;

class connect_options;
class connection;
class session;

/// The application's own steps in the life of a pooled connection. Each runs on the pool's
/// executor, but for before_grant, which runs in the coroutine that acquires; several may run at
/// once. One that throws, or does not end within pool_options::hook_timeout, costs the connection
/// that it was called for, and nothing else. What it is given lives until it has ended.
///
/// Statements of after_connect, after_release and before_close run under no session.
struct COPG_API pool_hooks {
    pool_hooks() = default;

    /// Before each attempt to connect: for credentials that change. Changes to the options hold for
    /// this attempt. When it throws, the attempt has failed.
    std::function<asio::awaitable<void>(connect_options&)> before_connect;

    /// A connection stands and nobody has it yet. When it throws, the attempt has failed.
    std::function<asio::awaitable<void>(connection&)> after_connect;

    /// A connection is about to be handed to an acquire for this session. When it throws, the
    /// connection is closed and the acquire goes on with another; the third failure in one acquire
    /// is thrown.
    std::function<asio::awaitable<void>(connection&, session const&)> before_grant;

    /// A connection was given back, and is at rest outside any transaction.
    std::function<asio::awaitable<void>(connection&)> after_release;

    /// The pool is about to close a connection that is still good.
    std::function<asio::awaitable<void>(connection&)> before_close;
};

} // namespace copg
