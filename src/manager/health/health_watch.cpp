// SPDX-License-Identifier: BSL-1.0
#include "manager/health/health_watch.hpp"

#include <copg/base/observer.hpp>

#include <boost/asio/post.hpp>

#include <random>
#include <utility>

namespace copg::detail {

using std::chrono::steady_clock;
using std::chrono::system_clock;

namespace {

pool_time::duration first_wait(std::chrono::milliseconds interval) {
    auto const whole = bounded(interval);
    std::minstd_rand random{std::random_device{}()};
    std::uniform_int_distribution<pool_time::duration::rep> part{whole.count() / 2, whole.count()};
    return pool_time::duration{part(random)};
}

} // namespace

health_watch::health_watch(std::shared_ptr<pool_impl> const& watched, health_options const& options)
    : executor_{watched->executor()},
      pool_{watched},
      options_{options.checked()},
      tracker_{options} {
    shutdown_service::of(executor_).add(*this);
}

health_watch::~health_watch() {
    shutdown_service::of(executor_).remove(*this);
}

void health_watch::start() {
    auto closed = [weak = weak_from_this()] {
        if (auto const self = weak.lock())
            self->pool_closed();
    };
    on_close_ = std::make_shared<pool_impl::close_callback const>(std::move(closed));
    {
        std::lock_guard const lock{mutex_};
        arm(first_wait(options_.interval));
    }
    if (auto const watched = pool_.lock())
        watched->on_close(on_close_);
}

/// Under the mutex.
void health_watch::arm(pool_time::duration wait) {
    if (over_ || options_.interval.count() == 0)
        return;
    auto call = [weak = weak_from_this()] {
        if (auto const self = weak.lock())
            self->on_alarm();
    };
    alarm_ = alarm_clock::shared().call_at(steady_clock::now() + wait, std::move(call));
}

// On the clock's thread.
void health_watch::on_alarm() {
    asio::post(executor_, [weak = weak_from_this()] {
        if (auto const self = weak.lock())
            self->begin();
    });
}

void health_watch::begin() {
    try {
        check();
    } catch (error const&) { // over meanwhile
    }
}

std::shared_ptr<flight> health_watch::check() {
    auto const watched = pool_.lock();
    std::unique_lock lock{mutex_};
    if (over_ || watched == nullptr)
        std::rethrow_exception(closed_error());
    if (current_ != nullptr)
        return current_;
    auto const mine = std::make_shared<flight>(executor_);
    current_ = mine;
    auto const alarm = std::exchange(alarm_, 0);
    lock.unlock();
    alarm_clock::shared().cancel(alarm);
    auto done = [self = shared_from_this()](std::exception_ptr const& failure,
                                            std::chrono::nanoseconds took) {
        self->ended(failure, took);
    };
    std::shared_ptr<probe> started;
    try {
        started = probe::start(*watched, options_.timeout, std::move(done));
    } catch (...) {
        ended(std::current_exception(), {});
        return mine;
    }
    lock.lock();
    if (current_ == mine)
        probe_ = started;
    auto const too_late = over_;
    lock.unlock();
    if (too_late)
        started->cancel();
    return mine;
}

void health_watch::ended(std::exception_ptr const& failure, std::chrono::nanoseconds took) {
    health_tracker::verdict found;
    std::shared_ptr<flight> landing;
    auto const watched = pool_.lock();
    bool over = false;
    {
        std::lock_guard const lock{mutex_};
        over = over_;
        if (!over)
            found = tracker_.checked(check_result{failure, took}, system_clock::now());
        landing.swap(current_);
        arm(bounded(options_.interval));
    }
    if (watched != nullptr && found.refresh)
        watched->refresh(std::nullopt);
    if (watched != nullptr && found.has_changed())
        report(*watched, found);
    landing->land(over ? closed_error() : nullptr);
}

void health_watch::pool_closed() {
    health_tracker::verdict found;
    {
        std::lock_guard const lock{mutex_};
        found = tracker_.closed();
    }
    end(); // the probe has heard of it too
    auto const watched = pool_.lock();
    if (watched != nullptr && found.has_changed())
        report(*watched, found);
}

/// Nothing begins any more. @return what is still under way
std::shared_ptr<probe> health_watch::end() noexcept {
    std::unique_lock lock{mutex_};
    over_ = true;
    auto const alarm = std::exchange(alarm_, 0);
    auto under_way = probe_.lock();
    lock.unlock();
    alarm_clock::shared().cancel(alarm);
    return under_way;
}

void health_watch::stop() noexcept {
    if (auto const under_way = end())
        under_way->cancel();
}

void health_watch::context_gone() noexcept {
    end();
    std::lock_guard const lock{mutex_};
    tracker_.closed();
}

health_status health_watch::status() const {
    std::lock_guard const lock{mutex_};
    return tracker_.status();
}

void health_watch::report(pool_impl const& watched, health_tracker::verdict const& found) const {
    auto const target = watched.target();
    auto const& observing = target.observer();
    if (observing == nullptr)
        return;
    auto const redacted = target.target().redacted();
    observing->on_health({redacted, to_string(found.from), to_string(found.to), found.why});
}

} // namespace copg::detail
