// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"

#include <copg/driver/notification_listener.hpp>

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <map>
#include <set>

namespace copg::detail {

/// The work of a notification_listener. Everything but close() happens on its strand.
///
/// States: connecting; listening (every wanted channel is confirmed); changing (some are not yet,
/// or are still confirmed and not wanted); waiting (for the next attempt); closed. One coroutine,
/// run(), goes through them; it sleeps on `changed_`, which whoever changes something wakes.
class listener_state : public std::enable_shared_from_this<listener_state> {
public:
    listener_state(asio::any_io_executor strand, connect_options target, listener_options options);

    /// On the strand.
    asio::awaitable<void> run();
    asio::awaitable<void> listen(std::string channel, notification_listener::handler call);
    asio::awaitable<void> unlisten(std::string channel);

    void close() noexcept;
    bool is_listening() const noexcept { return listening_; }
    asio::any_io_executor const& strand() const noexcept { return strand_; }

private:
    using milliseconds = std::chrono::milliseconds;

    asio::awaitable<void> connect_and_serve();
    asio::awaitable<void> serve();
    asio::awaitable<void> match_server();
    asio::awaitable<void> send(std::string sql);
    asio::awaitable<void> until_changed(milliseconds longest);
    asio::awaitable<void> until(std::string channel, bool confirmed);
    void deliver(notification const& received);
    void guarded(std::function<void()> const& call) noexcept;
    void wake();
    void lost();
    bool matches_server() const;

    asio::any_io_executor const strand_;
    connect_options const target_;
    listener_options const options_;
    std::atomic<bool> listening_ = false;
    std::atomic<bool> closed_ = false;

    // On the strand.
    asio::steady_timer changed_;
    std::set<asio::steady_timer*> waiting_;
    std::map<std::string, notification_listener::handler> wanted_;
    std::set<std::string> confirmed_;
    std::shared_ptr<connection_impl> connection_;
    bool connection_lost_ = false;
    std::exception_ptr loss_; // since the server listened last; null at first
    bool had_listened_ = false;
};

} // namespace copg::detail
