// SPDX-License-Identifier: BSL-1.0
// How a pool gets its connections, and what it says when it cannot.
#include "base/exception_text.hpp"
#include "driver/connect_error.hpp"
#include "pool/pool_impl.hpp"

#include <copg/base/with_deadline.hpp>
#include <copg/driver/connection.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace copg::detail {

using std::chrono::steady_clock;

/// While the server is down, the pools that share it try in turn.
std::size_t pool_impl::connects_due(decisions& due, time now) {
    // A pool that has not failed itself may differ from those that have: it finds out.
    if (!core_.needs_connections() || core_.gate().shut(now) || core_.gate().failures() == 0)
        return core_.connects_due(now);
    if (auto const again = server_->ask(this, now)) {
        core_.hold_connects(*again);
        last_connect_failure_ = server_->failure();
        if (auto const hopeless = refusal())
            refuse_all(due, hopeless);
    }
    auto const count = core_.connects_due(now);
    if (count == 0 && core_.connecting() == 0)
        server_->abandon(this);
    return count;
}

void pool_impl::start_connect() {
    std::unique_lock lock{mutex_};
    auto target = target_;
    auto const generation = core_.generation();
    lock.unlock();
    if (hooks_.before_connect || hooks_.after_connect) {
        start_hooked_connect(std::move(target), generation);
        return;
    }
    auto done = [self = shared_from_this(), generation](
                    std::exception_ptr failure, std::shared_ptr<connection_impl> connection) {
        connect_outcome outcome;
        outcome.failure = std::move(failure);
        outcome.connection = std::move(connection);
        self->connect_ended(generation, std::move(outcome));
    };
    auto const attempt = connect_attempt::start(executor_, target, std::move(done));
    lock.lock();
    std::erase_if(attempts_, [](auto const& old) { return old.expired(); });
    attempts_.push_back(attempt);
    if (!closed_ && generation == core_.generation())
        return;
    lock.unlock();
    attempt->cancel(); // closed or refreshed meanwhile
}

/// An attempt with hooks around it, on a strand of its own.
struct pool_impl::hooked_connect : std::enable_shared_from_this<hooked_connect> {
    explicit hooked_connect(asio::any_io_executor on) : strand{std::move(on)} {}

    void cancel() {
        asio::post(strand, [self = shared_from_this()] {
            self->signal.emit(asio::cancellation_type::terminal);
        });
    }

    asio::any_io_executor const strand;
    asio::cancellation_signal signal;
};

void pool_impl::start_hooked_connect(connect_options target, std::uint64_t generation) {
    auto const attempt = std::make_shared<hooked_connect>(asio::make_strand(executor_));
    auto const outcome = std::make_shared<connect_outcome>();
    auto done = [self = shared_from_this(), generation, attempt, outcome](
                    std::exception_ptr const& failure) {
        outcome->failure = failure;
        self->connect_ended(generation, std::move(*outcome));
    };
    {
        std::lock_guard const lock{mutex_};
        std::erase_if(hooked_attempts_, [](auto const& old) { return old.expired(); });
        hooked_attempts_.push_back(attempt);
    }
    asio::co_spawn(attempt->strand,
                   connect_with_hooks(std::move(target), outcome),
                   asio::bind_cancellation_slot(attempt->signal.slot(), std::move(done)));
}

asio::awaitable<void> pool_impl::connect_with_hooks(connect_options target,
                                                    std::shared_ptr<connect_outcome> outcome) {
    if (hooks_.before_connect) {
        outcome->tried = false;
        auto preparing = hooks_.before_connect(target);
        co_await limited(std::move(preparing));
        outcome->tried = true;
    }
    auto connection = co_await connect(executor_, target);
    outcome->reached = true;
    if (hooks_.after_connect) {
        std::exception_ptr failure;
        try {
            co_await call(hooks_.after_connect, connection);
            if (connection->at_rest() != connection_impl::condition::ready)
                throw error{errc::connect_failed,
                            "connect failed: after_connect left the connection busy"};
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) {
            connection->close();
            std::rethrow_exception(failure);
        }
    }
    outcome->connection = std::move(connection);
}

/// Under the mutex.
void pool_impl::cancel_attempts() {
    for (auto const& weak : std::exchange(attempts_, {}))
        if (auto const attempt = weak.lock())
            attempt->cancel();
    for (auto const& weak : std::exchange(hooked_attempts_, {}))
        if (auto const attempt = weak.lock())
            attempt->cancel();
}

/// What the failure of an attempt means for the next ones, here and in the server's other pools.
void pool_impl::note_failure(connect_outcome const& outcome, time now) {
    core_.connect_failed(now);
    last_connect_failure_ = outcome.failure;
    if (!outcome.tried)
        server_->abandon(this);
    else if (outcome.reached || !is_unreachable(outcome.failure))
        server_->reached();
    else
        core_.hold_connects(server_->failed(this, now, core_.options().retry, outcome.failure));
}

void pool_impl::connect_ended(std::uint64_t generation, connect_outcome outcome) {
    auto const on_loss = [weak = weak_from_this(), lost = outcome.connection.get()] {
        if (auto const self = weak.lock())
            self->idle_connection_lost(lost);
    };
    if (outcome.connection && !outcome.connection->on_idle_loss(on_loss)) {
        outcome.reached = true;
        outcome.failure = std::make_exception_ptr(
            error{errc::connect_failed, "connect failed: the connection broke at once"});
    }
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto const now = steady_clock::now();
        if (closed_ || (outcome.failure && generation != core_.generation())) {
            core_.connect_abandoned(); // nothing is learned from it
            server_->abandon(this);
            if (outcome.connection)
                due.to_close.push_back({std::move(outcome.connection), close_reason::pool_closed});
            end_drains(due);
        } else if (outcome.failure) {
            note_failure(outcome, now);
            if (auto const hopeless = refusal())
                refuse_all(due, hopeless);
        } else {
            last_connect_failure_ = nullptr;
            proven_ = true;
            server_->reached();
            auto& slot = core_.connected(std::move(outcome.connection), generation, now);
            if (slot.connection->at_rest() == connection_impl::condition::ready)
                put_back(due, slot, now);
            else // a loss that found it not yet among the idle ones
                remove(due, slot, close_reason::lost, now);
        }
        decide(due, now);
    }
    act(due);
}

/// Why it is of no use to wait, if it is not: there is no connection, and there will be none soon.
std::exception_ptr pool_impl::refusal() const {
    if (last_connect_failure_ == nullptr || core_.connected_count() > 0)
        return nullptr;
    auto const most = core_.options().retry.attempts;
    auto const first = most == 0 && core_.options().verify_first && !proven_ &&
                       core_.connecting() == 0; // of several the last one tells
    auto const tries = core_.gate().failures() > 0 ? server_->failures() : std::size_t{0};
    auto const hopeless = is_incurable(last_connect_failure_) || first ||
                          core_.gate().exhausted() || (most != 0 && tries >= most);
    return hopeless ? last_connect_failure_ : nullptr;
}

/// The same for who comes now: when the next try is due, that one shall tell.
std::exception_ptr pool_impl::known_refusal(time now) const {
    return core_.gate().shut(now) ? refusal() : nullptr;
}

void pool_impl::idle_connection_lost(connection_impl const* connection) {
    decisions due;
    {
        std::lock_guard const lock{mutex_};
        auto const now = steady_clock::now();
        if (auto* const slot = core_.find_idle(connection))
            remove(due, *slot, close_reason::lost, now);
        decide(due, now);
    }
    act(due);
}

std::exception_ptr pool_impl::timeout_error(acquire_operation const& operation, time now) const {
    acquire_error::details why{core_.last_wait(), last_connect_failure_, longest_leases(now, 3)};
    auto const pool = core_.statistics(now);
    auto const unreachable = core_.connected_count() == 0 && last_connect_failure_ != nullptr;
    auto const limit =
        std::chrono::round<std::chrono::milliseconds>(*operation.deadline - operation.since);
    auto text =
        unreachable
            ? fmt::format("no connection within {} ms", limit.count())
            : fmt::format("acquire timed out after {} ms ({}): of at most {} connections {} "
                          "are in use, {} are being made; {} more coroutines are waiting",
                          limit.count(),
                          why.waited.describe(),
                          pool.maximum,
                          pool.in_use + pool.closing,
                          pool.connecting,
                          pool.waiting);
    text += describe(why);
    return std::make_exception_ptr(acquire_error{
        unreachable ? errc::connect_failed : errc::acquire_timeout, text, std::move(why)});
}

std::vector<lease_info> pool_impl::longest_leases(time now, std::size_t most) const {
    std::vector<pool_slot const*> used;
    for (auto const& slot : core_.slots())
        if (slot.now == pool_slot::state::in_use)
            used.push_back(&slot);
    auto const count = std::min(most, used.size());
    std::partial_sort(used.begin(),
                      used.begin() + static_cast<std::ptrdiff_t>(count),
                      used.end(),
                      [](auto const* a, auto const* b) { return a->since < b->since; });
    std::vector<lease_info> longest;
    for (std::size_t i = 0; i < count; ++i)
        longest.push_back(info_of(*used[i], now));
    return longest;
}

lease_info pool_impl::info_of(pool_slot const& slot, time now) {
    return {slot.where,
            std::max(time::duration::zero(), now - slot.since),
            slot.last_session.describe(),
            slot.connection->backend_pid()};
}

std::string describe(lease_info const& held) {
    return fmt::format("for {} ms by {} ({})",
                       std::chrono::round<std::chrono::milliseconds>(held.held).count(),
                       describe(held.where),
                       held.session);
}

std::string describe(std::source_location const& where) {
    std::string_view file = where.file_name();
    file.remove_prefix(file.find_last_of('/') + 1); // npos + 1 is 0
    return fmt::format("{}:{}", file, where.line());
}

std::string describe(acquire_error::details const& why) {
    std::string text;
    for (auto const& held : why.longest)
        text += "; held " + describe(held);
    if (why.last_connect_failure)
        text += "; the last attempt to connect: " + text_of(why.last_connect_failure);
    return text;
}

} // namespace copg::detail
