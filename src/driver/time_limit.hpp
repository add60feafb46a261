// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace copg::detail {

namespace asio = boost::asio;

/// A time limit on a sequence of waits of one coroutine. Everything happens on its strand.
class time_limit {
public:
    /// @param missing  what did not happen within the limit, for the message: `no answer from …`
    time_limit(asio::any_io_executor const& strand,
               std::chrono::milliseconds limit,
               std::string missing);
    time_limit(time_limit const&) = delete;
    time_limit& operator=(time_limit const&) = delete;
    ~time_limit();

    bool expired() const noexcept;

    /// @throws error errc::connect_timeout when the limit is over
    void check() const;

    /// How a wait is interrupted when the limit is over, for as long as the object lives.
    class interruption {
    public:
        interruption(time_limit const& limit, std::function<void()> interrupt);
        interruption(interruption const&) = delete;
        interruption& operator=(interruption const&) = delete;
        ~interruption();

    private:
        time_limit const& limit_;
    };

private:
    struct state;
    std::shared_ptr<state> state_; // the timer's handler may be queued already at our end
    std::chrono::milliseconds limit_;
    std::string missing_;
};

} // namespace copg::detail
