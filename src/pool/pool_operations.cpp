// SPDX-License-Identifier: BSL-1.0
// What an operator does with a pool.
#include "pool/pool_impl.hpp"

#include <copg/base/observer.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace copg::detail {

using std::chrono::steady_clock;

void pool_impl::resize(std::size_t minimum, std::size_t maximum) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto wanted = core_.options();
        wanted.minimum = minimum;
        wanted.maximum = maximum;
        wanted.checked();
        core_.resize(minimum, maximum);
        decide(due, steady_clock::now());
    }
    act(due);
}

void pool_impl::pause(bool paused) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto const now = steady_clock::now();
        core_.pause(paused, now);
        decide(due, now);
    }
    act(due);
}

void pool_impl::refresh(std::optional<connect_options> target) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        if (target) {
            target_ = target_of(*std::move(target), core_.options());
            server_->abandon(this);
            server_ = watch_of(target_);
        }
        core_.refresh();
        last_connect_failure_ = nullptr;
        cancel_attempts(); // what they would learn is of the past
        decide(due, steady_clock::now());
    }
    act(due);
}

/// Nobody borrows any more. Under the mutex. @return attempts to cancel
void pool_impl::shut(decisions& due) {
    if (std::exchange(closed_, true))
        return;
    core_.close();
    refuse_all(due, closed_error());
    decide(due, steady_clock::now()); // the idle ones go
    timer_at_.reset();
    timer_.cancel();
    cancel_attempts();
    end_drains(due);
    due.on_close.swap(on_close_);
}

void pool_impl::close() noexcept {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        shut(due);
    }
    act(due);
}

void pool_impl::on_close(std::weak_ptr<close_callback const> callback) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        std::erase_if(on_close_, [](auto const& old) { return old.expired(); });
        (closed_ ? due.on_close : on_close_).push_back(std::move(callback));
    }
    act(due);
}

bool pool_impl::is_closed() const {
    std::lock_guard const lock{mutex_};
    return closed_;
}

/// Those who wait for the last connection to come back go on if it has.
void pool_impl::end_drains(decisions& due) {
    if (closed_ && core_.open() == 0)
        for (auto& drain : std::exchange(drains_, {}))
            due.ready.push_back(std::move(drain));
}

struct pool_impl::start_draining {
    std::shared_ptr<pool_impl> self;
    asio::steady_timer* grace;

    template <class Handler>
    void operator()(Handler&& handler) const {
        decisions due;
        {
            std::lock_guard const lock{self->mutex_};
            self->shut(due);
            self->drains_.emplace_back(std::forward<Handler>(handler));
            grace->async_wait([weak = self->weak_from_this()](boost::system::error_code const& ec) {
                if (auto const late = weak.lock(); late && !ec)
                    late->end_grace();
            });
            self->end_drains(due);
        }
        self->act(due);
    }
};

asio::awaitable<drain_report> pool_impl::drain(std::shared_ptr<pool_impl> self,
                                               std::chrono::milliseconds grace) {
    auto const started = steady_clock::now();
    asio::steady_timer timer{executor_, bounded(grace)};
    auto const initiation = start_draining{self, &timer};
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(initiation,
                                                                         asio::use_awaitable);
    timer.cancel();
    std::lock_guard const lock{mutex_};
    co_return drain_report{cancelled_, steady_clock::now() - started};
}

/// What is still in use is stopped, and whoever waits for it waits no longer.
void pool_impl::end_grace() {
    decisions due;
    std::vector<std::shared_ptr<connection_impl>> used;
    {
        std::lock_guard const lock{mutex_};
        cancelled_ = longest_leases(steady_clock::now(), core_.connected_count());
        for (auto const& slot : core_.slots())
            used.push_back(slot.connection);
        for (auto& drain : std::exchange(drains_, {}))
            due.ready.push_back(std::move(drain));
    }
    for (auto const& connection : used)
        connection->stop();
    act(due);
}

pool_statistics pool_impl::statistics() const {
    std::lock_guard const lock{mutex_};
    auto snapshot = core_.statistics(steady_clock::now());
    snapshot.transactions_left_open = transactions_left_open_;
    snapshot.round_trips = past_round_trips_;
    snapshot.requests = past_requests_;
    for (auto const& slot : core_.slots()) {
        snapshot.round_trips += slot.connection->round_trips();
        snapshot.requests += slot.connection->requests();
    }
    return snapshot;
}

pool_load pool_impl::load() const noexcept {
    std::lock_guard const lock{mutex_};
    auto const away = core_.connected_count() == 0 && core_.gate().failures() > 0;
    return {core_.in_use(), core_.waiting(), away, closed_};
}

std::vector<lease_info> pool_impl::leases() const {
    std::lock_guard const lock{mutex_};
    return longest_leases(steady_clock::now(), core_.connected_count());
}

pool_options pool_impl::options() const {
    std::lock_guard const lock{mutex_};
    return core_.options();
}

bool pool_impl::connected() const {
    std::lock_guard const lock{mutex_};
    return core_.connected_count() > 0;
}

connect_options pool_impl::target() const {
    std::lock_guard const lock{mutex_};
    return target_;
}

void pool_impl::report_long_lease(lease_info const& held) const {
    auto const to = target();
    if (auto const& observing = to.observer())
        observing->on_long_lease(
            {to.target().redacted(), held.where, held.held, held.session, held.backend_pid});
}

/// Of what a borrower gives back, unless it is copg's own that is open.
void pool_impl::note_open_transaction(decisions& due, pool_slot const& slot, time now) {
    auto& connection = *slot.connection;
    if (connection.binding_now().state() == transaction_state::idle ||
        connection.backend().own_rollback_due())
        return;
    ++transactions_left_open_;
    due.open_transactions.push_back(info_of(slot, now));
}

void pool_impl::report_open_transaction(lease_info const& left) const {
    auto const to = target();
    if (auto const& observing = to.observer())
        observing->on_open_transaction(
            {to.target().redacted(), left.where, left.session, left.backend_pid});
}

void pool_impl::report_close(close_reason reason) const {
    auto const to = target();
    if (auto const& observing = to.observer())
        observing->on_close({to.target().redacted(), to_string(reason)});
}

} // namespace copg::detail
