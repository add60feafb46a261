// SPDX-License-Identifier: BSL-1.0
#include "driver/time_limit.hpp"

#include <copg/base/error.hpp>

#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

#include <utility>

namespace copg::detail {

struct time_limit::state {
    explicit state(asio::any_io_executor const& strand) : timer{strand} {}

    asio::steady_timer timer;
    std::function<void()> interrupt;
    bool expired = false;
};

time_limit::time_limit(asio::any_io_executor const& strand,
                       std::chrono::milliseconds limit,
                       std::string missing)
    : state_{std::make_shared<state>(strand)}, limit_{limit}, missing_{std::move(missing)} {
    state_->timer.expires_after(limit);
    state_->timer.async_wait([shared = state_](boost::system::error_code const& ec) {
        if (ec)
            return;
        shared->expired = true;
        if (shared->interrupt)
            shared->interrupt();
    });
}

time_limit::~time_limit() {
    state_->interrupt = nullptr;
    state_->timer.cancel();
}

bool time_limit::expired() const noexcept {
    return state_->expired;
}

void time_limit::check() const {
    if (expired())
        throw error{errc::connect_timeout,
                    fmt::format("connect timed out: {} within {} ms", missing_, limit_.count())};
}

time_limit::interruption::interruption(time_limit const& limit, std::function<void()> interrupt)
    : limit_{limit} {
    limit_.state_->interrupt = std::move(interrupt);
}

time_limit::interruption::~interruption() {
    limit_.state_->interrupt = nullptr;
}

} // namespace copg::detail
