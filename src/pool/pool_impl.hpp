// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/resumption.hpp"
#include "base/shutdown_service.hpp"
#include "driver/connect_attempt.hpp"
#include "pool/core.hpp"

#include <copg/driver/connect_options.hpp>
#include <copg/pool/lease.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <mutex>

namespace copg::detail {

/// A waiter and the coroutine behind it; lives in the frame of that coroutine.
struct acquire_operation : pool_waiter {
    acquire_operation(pool_impl& owner, session const& session, std::chrono::milliseconds limit);
    ~acquire_operation(); ///< a frame that is destroyed while it waits leaves no trace

    pool_impl& pool;
    std::chrono::milliseconds limit;
    std::uint64_t id = 0;
    std::exception_ptr failure;
    resumption waiter;
};

/// The asynchronous shell around pool_core: performs its decisions. Every event goes the same way:
/// tell the core under the mutex, collect what it decided, act on that without the mutex.
class pool_impl final : public std::enable_shared_from_this<pool_impl>, private shutdown_listener {
public:
    pool_impl(asio::any_io_executor executor, connect_options target, pool_options const& options);
    ~pool_impl();

    /// Starts to fill up to the minimum. Call once, when the object is shared.
    void start();

    pool_slot* take(session const& wanted);
    asio::awaitable<lease> acquire(session wanted, std::chrono::milliseconds limit);
    void release(pool_slot& slot) noexcept;
    void close() noexcept;

    pool_statistics statistics() const noexcept;
    pool_options const& options() const noexcept { return options_; }
    connect_options const& target() const noexcept { return target_; }

private:
    friend acquire_operation;
    struct decisions;
    struct start_waiting;

    void context_gone() noexcept override;
    std::shared_ptr<void> keep_alive() noexcept override { return weak_from_this().lock(); }
    void wait(acquire_operation& operation);
    void cancel(std::uint64_t id);
    void abandon(acquire_operation& operation) noexcept;
    void decide(decisions& due);
    void act(decisions& due);
    void refuse(decisions& due, pool_waiter& waiter, std::exception_ptr const& failure);
    void arm_timer();
    void on_timer();
    void start_connect();
    void connect_ended(std::exception_ptr failure, std::shared_ptr<connection_impl> connection);
    void idle_connection_lost(connection_impl const* connection);
    void start_cleaning(pool_slot& slot);
    void cleaning_ended(pool_slot& slot);
    void refuse_all(decisions& due, std::exception_ptr const& failure);
    void remove(decisions& due, pool_slot& slot);
    std::exception_ptr timeout_error(acquire_operation const& operation) const;
    std::exception_ptr known_refusal() const;

    asio::any_io_executor const executor_;
    connect_options const target_;
    pool_options const options_;

    mutable std::mutex mutex_; // guards all below
    pool_core core_;
    asio::steady_timer timer_;
    std::optional<pool_time> timer_at_; // when timer_ fires next
    boost::unordered_flat_map<std::uint64_t, acquire_operation*> cancellable_;
    std::vector<std::weak_ptr<connect_attempt>> attempts_;
    std::exception_ptr last_connect_failure_;
    std::uint64_t last_id_ = 0;
    std::uint64_t past_round_trips_ = 0; // of connections that are gone
    bool closed_ = false;
};

/// Shared by the handles of a pool; closes it with the last one.
class pool_owner {
public:
    explicit pool_owner(std::shared_ptr<pool_impl> impl) noexcept : impl_{std::move(impl)} {}
    ~pool_owner() { impl_->close(); }
    pool_owner(pool_owner const&) = delete;
    pool_owner& operator=(pool_owner const&) = delete;

    std::shared_ptr<pool_impl> const& impl() const noexcept { return impl_; }

private:
    std::shared_ptr<pool_impl> impl_;
};

} // namespace copg::detail
