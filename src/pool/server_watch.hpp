// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/dsn.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>

namespace copg::detail {

/// What the pools of this process know together of one server: whether it can be reached. While it
/// cannot, one pool tries and the others wait for what it finds, so that a server that comes back
/// is not met by one attempt for each database.
///
/// States: up; down until a time; down and being probed. Thread safety: every function may be
/// called from any thread; nothing is called from here.
class server_watch {
public:
    using time = std::chrono::steady_clock::time_point;
    using pool_id = void const*;

    /// The one of the hosts and ports of a target.
    static std::shared_ptr<server_watch> of(dsn const& target);

    /// A pool wants to connect.
    /// @return nothing: it may, and is the one that probes if the server is down: reached(),
    /// failed() or abandon() must follow; else when to ask again
    std::optional<time> ask(pool_id who, time now);
    /// The server has answered, if only with a refusal.
    void reached() noexcept;
    /// It has not. @param until  when the next try is due
    void failed(time until, std::exception_ptr const& why) noexcept;
    /// A pool does not try after all.
    void abandon(pool_id who) noexcept;

    /// Why it is down; null while it is up.
    std::exception_ptr failure() const;

private:
    mutable std::mutex mutex_; // guards all below
    std::exception_ptr failure_;
    time until_{};
    pool_id prober_ = nullptr;
};

} // namespace copg::detail
