// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <memory>

namespace copg::detail {

/// Closes the connection when ending its transaction, which no cancellation reaches, takes too
/// long.
class end_watchdog {
public:
    explicit end_watchdog(std::shared_ptr<connection_impl> const& connection,
                          std::chrono::milliseconds limit = std::chrono::seconds{10})
        : timer_{connection->executor(), limit} {
        timer_.async_wait(
            [weak = std::weak_ptr{connection}, over = over_](boost::system::error_code const& ec) {
                if (auto const late = weak.lock(); late && !ec && !*over)
                    late->close();
            });
    }
    end_watchdog(end_watchdog const&) = delete;
    end_watchdog& operator=(end_watchdog const&) = delete;
    ~end_watchdog() { *over_ = true; }

private:
    std::shared_ptr<std::atomic<bool>> over_ = std::make_shared<std::atomic<bool>>(false);
    asio::steady_timer timer_;
};

} // namespace copg::detail
