// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/alarm_clock.hpp"
#include "base/flight.hpp"
#include "base/shutdown_service.hpp"
#include "manager/health/health_tracker.hpp"
#include "manager/health/probe.hpp"
#include "pool/pool_impl.hpp"

#include <memory>
#include <mutex>

namespace copg::detail {

/// The asynchronous shell around health_tracker.
///
/// States: running; over, for good: stopped with the last handle, closed with the pool, or the loop
/// is gone. One check at most is under way (current_); while it is, no alarm is set. Alarms call on
/// the clock's thread, which only posts to the pool's executor: when over() has returned, it does
/// so no more, so that the loop may go.
class health_watch final : public std::enable_shared_from_this<health_watch>,
                           private shutdown_listener {
public:
    health_watch(std::shared_ptr<pool_impl> const& watched, health_options const& options);
    ~health_watch();

    void start(); ///< call once, when the object is shared
    void stop() noexcept;

    health_status status() const;
    health_options const& options() const noexcept { return options_; }

    /// Begins a check, or joins the one that is under way. @throws error errc::pool_closed
    std::shared_ptr<flight> check();

private:
    void context_gone() noexcept override;
    std::shared_ptr<void> keep_alive() noexcept override { return weak_from_this().lock(); }

    void begin();
    void on_alarm();
    void arm(pool_time::duration wait);
    void ended(std::exception_ptr const& failure, std::chrono::nanoseconds took);
    void pool_closed();
    std::shared_ptr<probe> end() noexcept;
    void report(pool_impl const& watched, health_tracker::verdict const& found) const;

    asio::any_io_executor const executor_;
    std::weak_ptr<pool_impl> const pool_;
    health_options const options_;
    std::shared_ptr<pool_impl::close_callback const> on_close_; // set by start()

    mutable std::mutex mutex_; // guards all below
    health_tracker tracker_;
    std::shared_ptr<flight> current_;
    std::weak_ptr<probe> probe_; // of current_
    alarm_clock::alarm alarm_ = 0;
    bool over_ = false;
};

/// Shared by the handles of a watch; ends it with the last one.
class health_owner {
public:
    explicit health_owner(std::shared_ptr<health_watch> watch) noexcept
        : watch_{std::move(watch)} {}
    ~health_owner() { watch_->stop(); }
    health_owner(health_owner const&) = delete;
    health_owner& operator=(health_owner const&) = delete;

    std::shared_ptr<health_watch> const& watch() const noexcept { return watch_; }

private:
    std::shared_ptr<health_watch> watch_;
};

} // namespace copg::detail
