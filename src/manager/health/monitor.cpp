// SPDX-License-Identifier: BSL-1.0
#include "manager/monitor_impl.hpp"

#include <copg/base/context_executor.hpp>
#include <copg/base/error.hpp>

#include <utility>

namespace copg {
namespace detail {
namespace {

monitor_baseline take(std::vector<named_statistics> const& found) {
    monitor_baseline taken;
    taken.when = std::chrono::steady_clock::now();
    for (auto const& pool : found)
        taken.pools.insert_or_assign(pool.name, pool.statistics);
    return taken;
}

std::vector<pool_report> compare(std::vector<named_statistics> const& found,
                                 std::chrono::steady_clock::time_point now,
                                 monitor_baseline const& last) {
    std::vector<pool_report> reports;
    for (auto const& pool : found) {
        auto& report = reports.emplace_back();
        auto const before = last.pools.find(pool.name);
        report.name = pool.name;
        report.now = pool.statistics;
        report.elapsed = now - last.when;
        report.change = pool_change{
            pool.statistics, before == last.pools.end() ? pool_statistics{} : before->second};
    }
    return reports;
}

} // namespace

monitor_impl::monitor_impl(asio::any_io_executor const& executor,
                           monitor_source source,
                           std::chrono::milliseconds interval,
                           monitor_sink sink)
    : source_{std::move(source)},
      sink_{std::move(sink)},
      interval_{interval},
      timer_{leave_scope(executor)} {
    if (source_ == nullptr || sink_ == nullptr || interval.count() <= 0)
        throw error{errc::invalid_configuration,
                    "a monitor needs a source, a sink and an interval greater than 0"};
}

void monitor_impl::start() {
    std::lock_guard const lock{mutex_};
    if (std::exchange(started_, true))
        return;
    ++run_;
    last_.reset();
    arm(std::chrono::milliseconds{0}); // for what the first report is compared with
}

void monitor_impl::stop() noexcept {
    std::lock_guard const lock{mutex_};
    if (std::exchange(started_, false))
        timer_.cancel();
}

/// Under the mutex.
void monitor_impl::arm(std::chrono::milliseconds wait) {
    timer_.expires_after(wait);
    timer_.async_wait([weak = weak_from_this(), run = run_](boost::system::error_code const& ec) {
        if (auto const self = weak.lock(); self && !ec)
            self->on_timer(run);
    });
}

// No user code runs under the mutex.
void monitor_impl::on_timer(std::uint64_t run) {
    std::optional<monitor_baseline> before;
    if (!begin_round(run, before))
        return;
    try {
        auto const found = source_();
        auto now = take(found);
        if (before)
            sink_(compare(found, now.when, *before));
        std::lock_guard const lock{mutex_};
        reports_ += before ? 1 : 0;
        if (run == run_)
            last_ = std::move(now);
    } catch (...) {
        note_failure(std::current_exception());
    }
    end_round(run);
}

/// @param before  what the last report said; not set when there has been none since start()
bool monitor_impl::begin_round(std::uint64_t run, std::optional<monitor_baseline>& before) {
    std::lock_guard const lock{mutex_};
    if (!started_ || run != run_)
        return false;
    if (in_round_) { // of an earlier start, on another thread: never two at a time
        arm(interval_);
        return false;
    }
    before = last_;
    return in_round_ = true;
}

void monitor_impl::end_round(std::uint64_t run) {
    std::lock_guard const lock{mutex_};
    in_round_ = false;
    if (started_ && run == run_)
        arm(interval_);
}

void monitor_impl::note_failure(std::exception_ptr failure) {
    std::lock_guard const lock{mutex_};
    ++failures_;
    last_failure_ = std::move(failure);
}

bool monitor_impl::is_started() const noexcept {
    std::lock_guard const lock{mutex_};
    return started_;
}

std::uint64_t monitor_impl::reports() const noexcept {
    std::lock_guard const lock{mutex_};
    return reports_;
}

std::uint64_t monitor_impl::failures() const noexcept {
    std::lock_guard const lock{mutex_};
    return failures_;
}

std::exception_ptr monitor_impl::last_failure() const noexcept {
    std::lock_guard const lock{mutex_};
    return last_failure_;
}

} // namespace detail

monitor::monitor(asio::any_io_executor executor,
                 monitor_source source,
                 std::chrono::milliseconds interval,
                 monitor_sink sink)
    : owner_{std::make_shared<detail::monitor_owner>(std::make_shared<detail::monitor_impl>(
          executor, std::move(source), interval, std::move(sink)))} {}

void monitor::start() const {
    owner_->impl().start();
}

void monitor::stop() const noexcept {
    owner_->impl().stop();
}

bool monitor::is_started() const noexcept {
    return owner_->impl().is_started();
}

std::uint64_t monitor::reports() const noexcept {
    return owner_->impl().reports();
}

std::uint64_t monitor::failures() const noexcept {
    return owner_->impl().failures();
}

std::exception_ptr monitor::last_failure() const noexcept {
    return owner_->impl().last_failure();
}

} // namespace copg
