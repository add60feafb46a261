// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/retry_policy.hpp>
#include <copg/driver/dsn.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <random>

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
    /// It has not. @param policy  of the pool that tried: the wait grows with the failures of all
    /// @return when the next try is due
    time failed(pool_id who, time now, retry_policy const& policy, std::exception_ptr const& why);
    /// A pool does not try after all.
    void abandon(pool_id who) noexcept;

    /// Why it is down; null while it is up.
    std::exception_ptr failure() const;
    /// Tries in a row that failed, of all pools.
    std::size_t failures() const noexcept;

private:
    mutable std::mutex mutex_; // guards all below
    std::exception_ptr failure_;
    time until_{};
    std::size_t failures_ = 0; // in a row, those that came together counted once
    std::minstd_rand random_{std::random_device{}()};
    pool_id prober_ = nullptr;
    pool_id last_prober_ = nullptr; // comes after others
};

} // namespace copg::detail
