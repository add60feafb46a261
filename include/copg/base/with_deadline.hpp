// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <utility>

namespace copg {

namespace asio = boost::asio;

namespace detail {

/// The clock of a with_deadline, and the way for cancellations from outside.
class COPG_API deadline_timer {
public:
    deadline_timer(asio::any_io_executor const& executor, std::chrono::nanoseconds limit);
    deadline_timer(deadline_timer const&) = delete;
    deadline_timer& operator=(deadline_timer const&) = delete;
    ~deadline_timer();

    asio::cancellation_slot slot() noexcept;
    /// Passes on what cancels the caller, for as long as this lives.
    void forward(asio::cancellation_slot from);

    /// The failure of the operation, which is deadline_exceeded if the deadline caused it.
    [[noreturn]] void rethrow(std::exception_ptr const& failure) const;

private:
    struct state;
    std::shared_ptr<state> state_;
    asio::cancellation_slot from_;
};

} // namespace detail

/// Runs an operation, and cancels it when it has not ended in time; then waits for its end, which
/// every operation of copg reaches at once when it is cancelled.
///
///     auto rows = co_await copg::with_deadline(2s, db.fetch<user>("select …"));
///
/// What the operation returns in spite of the deadline is returned. Cancellation: passed on to it.
/// Call it where one thread at a time runs the coroutine: a loop of one thread, or a strand.
/// @param limit  from now
/// @throws error errc::deadline_exceeded; what the operation throws
template <class T>
asio::awaitable<T> with_deadline(std::chrono::nanoseconds limit, asio::awaitable<T> operation) {
    auto const executor = co_await asio::this_coro::executor;
    auto const cancellation = co_await asio::this_coro::cancellation_state;
    detail::deadline_timer timer{executor, limit};
    timer.forward(cancellation.slot());
    auto token = asio::bind_cancellation_slot(timer.slot(), asio::use_awaitable);
    std::exception_ptr failure;
    try {
        if constexpr (std::is_void_v<T>) {
            co_await asio::co_spawn(executor, std::move(operation), token);
            co_return;
        } else {
            auto value = co_await asio::co_spawn(executor, std::move(operation), token);
            co_return value;
        }
    } catch (...) {
        failure = std::current_exception();
    }
    timer.rethrow(failure);
}

} // namespace copg
