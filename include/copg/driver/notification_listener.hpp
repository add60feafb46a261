// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/connect_options.hpp>
#include <copg/driver/notification.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace copg {

namespace asio = boost::asio;

namespace detail {
class listener_state;
}

/// How a notification_listener keeps its connection.
class COPG_API listener_options {
public:
    listener_options() = default;

    /// The first wait between two attempts to connect, and the longest; each is a random time
    /// between half and the whole of a bound that doubles. 100 ms and 10 s by default.
    std::chrono::milliseconds retry_delay{100};
    std::chrono::milliseconds retry_delay_maximum{10'000};
    /// How often the connection is tried, which notices a network that is silently gone; an answer
    /// may take 10 s. 30 s by default; 0: never.
    std::chrono::milliseconds heartbeat{30'000};
    /// Called when the connection had been lost and listens again: messages sent meanwhile are
    /// missed. Gets what the connection was lost by.
    std::function<void(std::exception_ptr const& cause)> on_gap;
    /// Called with what a handler (or on_gap) has thrown. By default it is dropped.
    std::function<void(std::exception_ptr const& thrown)> on_handler_error;
};

/// Receives the messages of NOTIFY (PostgreSQL manual, NOTIFY) over a connection of its own, which
/// it makes anew, with backoff, whenever it is lost.
///
/// Messages of one listener are delivered one after the other in the order of the server, on a
/// strand of the given executor. What a handler throws is reported and disturbs nothing else. A
/// handler must not block; it may call every function of the listener that does not wait.
///
/// Channel names are quoted: any text of up to 63 bytes without NUL is one. Thread safety: every
/// function may be called from any thread. Lifetime: its destructor closes it; handlers are not
/// called after close() has run on the strand.
class COPG_API notification_listener {
public:
    using handler = std::function<void(notification const&)>;

    notification_listener(asio::any_io_executor const& executor,
                          connect_options target,
                          listener_options options = {});
    notification_listener(notification_listener const&) = delete;
    notification_listener& operator=(notification_listener const&) = delete;
    ~notification_listener();

    /// Calls `call` for each message of the channel, instead of the handler that it had before.
    /// Completes when the server listens: what is sent after that arrives. While the server cannot
    /// be reached, waits until it can. Ends early when somebody calls unlisten() meanwhile.
    /// Cancellation (terminal): ends the wait; the channel stays wanted, until unlisten().
    /// @throws error errc::value_out_of_range for a name that cannot be one; errc::connection_lost
    ///         when the listener is closed
    asio::awaitable<void> listen(std::string channel, handler call);

    /// No more calls for this channel once it has completed. @throws as listen
    asio::awaitable<void> unlisten(std::string channel);

    /// Whether the server listens to all channels now.
    bool is_listening() const noexcept;

    /// Ends it, in the background. Waiting calls end with errc::connection_lost.
    void close() noexcept;

private:
    std::shared_ptr<detail::listener_state> state_;
};

} // namespace copg
