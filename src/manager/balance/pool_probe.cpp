// SPDX-License-Identifier: BSL-1.0
#include "manager/balance/pool_probe.hpp"

#include "pool/pool_impl.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>

namespace copg::detail {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds longest_attempt{5};
constexpr std::chrono::milliseconds pause{100}; // when the pool says no without trying

// Without a handle of the pool: when the last one goes, the wait ends with errc::pool_closed.
asio::awaitable<void> connect_once(std::shared_ptr<pool_impl> shared, session bound_to) {
    acquire_request request{std::move(bound_to), longest_attempt, std::source_location::current()};
    auto const lent = co_await shared->acquire(shared, std::move(request));
}

} // namespace

struct pool_probe::state {
    explicit state(asio::any_io_executor const& executor) : strand{asio::make_strand(executor)} {}

    asio::any_io_executor const strand;
    asio::cancellation_signal signal; // used on the strand
    std::atomic<bool> running = false;
    std::atomic<steady_clock::rep> not_before{
        steady_clock::time_point::min().time_since_epoch().count()};
};

pool_probe::pool_probe(pool const& target)
    : state_{std::make_shared<state>(target.owner()->impl()->executor())} {}

pool_probe::~pool_probe() {
    if (!state_->running)
        return;
    try {
        asio::post(state_->strand,
                   [ending = state_] { ending->signal.emit(asio::cancellation_type::terminal); });
    } catch (...) {
        return; // no memory: it ends by itself, in a while
    }
}

void pool_probe::start(database const& member) {
    auto const now = steady_clock::now();
    if (now.time_since_epoch().count() < state_->not_before || state_->running.exchange(true))
        return;
    state_->not_before = (now + pause).time_since_epoch().count();
    // Gone with the attempt, however that ends: a loop that is destroyed calls no handler.
    std::shared_ptr<void> const over{nullptr, [of = state_](void*) { of->running = false; }};
    asio::co_spawn(
        state_->strand,
        connect_once(member.pool().owner()->impl(), member.session()),
        asio::bind_cancellation_slot(state_->signal.slot(), [over](std::exception_ptr const&) {}));
}

} // namespace copg::detail
