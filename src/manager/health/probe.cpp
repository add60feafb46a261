// SPDX-License-Identifier: BSL-1.0
#include "manager/health/probe.hpp"

#include <copg/base/error.hpp>
#include <copg/base/with_deadline.hpp>
#include <copg/driver/connection.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <fmt/format.h>

#include <utility>

namespace copg::detail {
namespace {

using connect_hook = std::function<asio::awaitable<void>(connect_options&)>;

asio::awaitable<void> greet(connect_options target, connect_hook before) {
    if (before) {
        auto preparing = before(target);
        co_await std::move(preparing);
    }
    auto const made = co_await connection::connect(std::move(target));
    auto const answer = co_await made.fetch_one<std::int32_t>("select 1");
    if (answer != 1)
        throw error{errc::protocol_error, "select 1 gave something else"};
}

asio::awaitable<void>
greet_within(std::chrono::milliseconds limit, connect_options target, connect_hook before) {
    auto greeting = greet(std::move(target), std::move(before));
    co_await with_deadline(bounded(limit), std::move(greeting));
}

/// What a failure is for who asked for a connection.
std::exception_ptr without_deadline(std::exception_ptr const& failure,
                                    std::chrono::milliseconds limit) {
    try {
        std::rethrow_exception(failure);
    } catch (error const& e) {
        if (e.code() == errc::deadline_exceeded)
            return std::make_exception_ptr(
                error{errc::connect_timeout,
                      fmt::format("connect failed: no answer within {} ms", limit.count())});
    } catch (...) {
    }
    return failure;
}

} // namespace

std::shared_ptr<probe>
probe::start(pool_impl& target, std::chrono::milliseconds limit, handler done) {
    auto const made =
        std::make_shared<probe>(asio::make_strand(target.executor()), std::move(done));
    auto on_close = [weak = std::weak_ptr{made}] {
        if (auto const alive = weak.lock())
            alive->cancel();
    };
    made->closed_ = std::make_shared<pool_impl::close_callback const>(std::move(on_close));
    auto ended = [made, limit](std::exception_ptr const& failure) { made->ended(failure, limit); };
    asio::co_spawn(made->strand_,
                   greet_within(limit, target.target(), target.hooks().before_connect),
                   asio::bind_cancellation_slot(made->signal_.slot(), std::move(ended)));
    target.on_close(made->closed_);
    return made;
}

void probe::cancel() {
    asio::post(strand_, [self = shared_from_this()] {
        self->signal_.emit(asio::cancellation_type::terminal);
    });
}

void probe::ended(std::exception_ptr failure, std::chrono::milliseconds limit) {
    auto const took = std::chrono::steady_clock::now() - started_;
    if (failure != nullptr)
        failure = without_deadline(failure, limit);
    std::exchange(done_, nullptr)(std::move(failure), took);
}

} // namespace copg::detail
