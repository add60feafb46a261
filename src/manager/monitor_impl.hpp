// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/monitor.hpp>

#include <boost/asio/steady_timer.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace copg::detail {

/// What a round saw, for the differences of the next.
struct monitor_baseline {
    monitor_baseline() = default;

    std::map<std::string, pool_statistics> pools;
    std::chrono::steady_clock::time_point when;
};

/// States: stopped; started, with the timer armed or a round under way. Each start() has a number;
/// what belongs to an earlier one does nothing.
class monitor_impl : public std::enable_shared_from_this<monitor_impl> {
public:
    monitor_impl(asio::any_io_executor const& executor,
                 monitor_source source,
                 std::chrono::milliseconds interval,
                 monitor_sink sink);

    void start();
    void stop() noexcept;

    bool is_started() const noexcept;
    std::uint64_t reports() const noexcept;
    std::uint64_t failures() const noexcept;
    std::exception_ptr last_failure() const noexcept;

private:
    void arm(std::chrono::milliseconds wait);
    void on_timer(std::uint64_t run);
    bool begin_round(std::uint64_t run, std::optional<monitor_baseline>& before);
    void end_round(std::uint64_t run);
    void note_failure(std::exception_ptr failure);

    monitor_source const source_;
    monitor_sink const sink_;
    std::chrono::milliseconds const interval_;

    mutable std::mutex mutex_; // guards all below
    asio::steady_timer timer_;
    std::optional<monitor_baseline> last_;
    std::uint64_t run_ = 0; // the number of the last start()
    std::uint64_t reports_ = 0;
    std::uint64_t failures_ = 0;
    std::exception_ptr last_failure_;
    bool started_ = false;
    bool in_round_ = false;
};

/// Shared by the handles of a monitor; stops it with the last one.
class monitor_owner {
public:
    explicit monitor_owner(std::shared_ptr<monitor_impl> impl) noexcept : impl_{std::move(impl)} {}
    ~monitor_owner() { impl_->stop(); }
    monitor_owner(monitor_owner const&) = delete;
    monitor_owner& operator=(monitor_owner const&) = delete;

    monitor_impl& impl() const noexcept { return *impl_; }

private:
    std::shared_ptr<monitor_impl> impl_;
};

} // namespace copg::detail
