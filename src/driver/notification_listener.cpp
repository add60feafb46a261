// SPDX-License-Identifier: BSL-1.0
#include "driver/listener_state.hpp"

#include <copg/base/error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

namespace copg {
namespace {

void check_channel(std::string const& channel) {
    constexpr std::size_t longest = 63; // NAMEDATALEN - 1: the server would cut it silently
    if (channel.empty() || channel.size() > longest || channel.find('\0') != std::string::npos)
        throw error{errc::value_out_of_range,
                    fmt::format("a channel name has 1 to {} bytes, none of them NUL; this one has "
                                "{}",
                                longest,
                                channel.size())};
}

} // namespace

notification_listener::notification_listener(asio::any_io_executor const& executor,
                                             connect_options target,
                                             listener_options options)
    : state_{std::make_shared<detail::listener_state>(
          asio::make_strand(executor), std::move(target), std::move(options))} {
    auto const done = [](std::exception_ptr const&) {};
    asio::co_spawn(state_->strand(), state_->run(), done);
}

notification_listener::~notification_listener() {
    close();
}

asio::awaitable<void> notification_listener::listen(std::string channel, handler call) {
    check_channel(channel);
    auto const state = state_;
    auto work = state->listen(std::move(channel), std::move(call));
    co_await asio::co_spawn(state->strand(), std::move(work), asio::use_awaitable);
}

asio::awaitable<void> notification_listener::unlisten(std::string channel) {
    check_channel(channel);
    auto const state = state_;
    auto work = state->unlisten(std::move(channel));
    co_await asio::co_spawn(state->strand(), std::move(work), asio::use_awaitable);
}

bool notification_listener::is_listening() const noexcept {
    return state_->is_listening();
}

void notification_listener::close() noexcept {
    state_->close();
}

} // namespace copg
