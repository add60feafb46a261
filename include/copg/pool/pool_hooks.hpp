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

/// The application's own steps in the life of a pooled connection. Each runs on a strand of the
/// pool's executor; several may run at once. One that throws, is cancelled at the end of
/// pool_options::hook_timeout, or leaves the connection busy or in a transaction, costs the
/// connection that it was called for, and nothing else. A hook must heed cancellation, as the
/// operations of copg and Asio do. What it is given lives until it has ended. A hook that holds a
/// handle of its pool keeps that pool open.
///
/// Statements run under no session. What a hook SETs is undone by the next reset: settings for
/// every statement belong into the connection string (`options=-c name=value`).
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

    /// A connection was given back, and is at rest outside any transaction. What its borrower left
    /// (search_path, role, temporary tables) is still there: qualify names.
    std::function<asio::awaitable<void>(connection&)> after_release;

    /// The pool is about to close a connection that is still good.
    std::function<asio::awaitable<void>(connection&)> before_close;
};

} // namespace copg
