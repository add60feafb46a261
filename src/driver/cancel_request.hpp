// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

struct pg_conn;

namespace copg::detail {

namespace asio = boost::asio;

/// Asks a server to stop what one of its connections is running, over a connection of its own
/// (PostgreSQL manual, 34.7). Never blocks: libpq 17 and newer do it in steps, encrypted as the
/// connection is; before, it is a blocking call on a helper thread.
///
/// The request has ended when the server has closed that connection: the signal has then been
/// given, and cannot hit what is sent to the cancelled connection afterwards.
class cancel_request {
public:
    /// @param connection  only used during the call
    /// @param ended       called once from any thread, unless forget() came before; also when the
    ///                    request could not be made
    /// @return null when it cannot be made now (too many are under way)
    static std::shared_ptr<cancel_request>
    start(pg_conn* connection, asio::any_io_executor const& executor, std::function<void()> ended);

    explicit cancel_request(std::function<void()> ended) : ended_{std::move(ended)} {}

    /// Its owner goes: `ended` is not running and will not be called when this returns.
    void forget() noexcept;

    /// Whether `ended` has returned.
    bool is_over() const noexcept { return over_.load(std::memory_order_acquire); }

    /// For whoever performs the request.
    void report_end();

private:
    std::mutex mutex_;
    std::function<void()> ended_; // guarded by mutex_
    std::atomic<bool> over_ = false;
};

} // namespace copg::detail
