// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/base/sql_error.hpp>
#include <copg/base/with_retry.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <random>

namespace copg {
namespace {

constexpr int class_of(sqlstate state) noexcept {
    return static_cast<int>(state) / (36 * 36 * 36);
}

bool is_transient_state(sqlstate state) noexcept {
    constexpr auto transaction_resolution_unknown = "08007"_sqlstate;
    return state == sqlstate::too_many_connections || state == sqlstate::cannot_connect_now ||
           (class_of(state) == class_of(sqlstate::connection_failure) &&
            state != transaction_resolution_unknown);
}

double evenly_distributed() {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_real_distribution<double>{0, 1}(generator);
}

} // namespace

bool is_transient(std::exception_ptr const& failure) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (sql_error const& reported) {
        return is_transient_state(reported.state());
    } catch (error const& other) {
        return other.code() == errc::connect_failed || other.code() == errc::connect_timeout ||
               other.code() == errc::connection_lost;
    } catch (...) {
        return false;
    }
}

bool is_serialization_failure(std::exception_ptr const& failure) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (sql_error const& reported) {
        return reported.state() == sqlstate::serialization_failure ||
               reported.state() == sqlstate::deadlock_detected;
    } catch (...) {
        return false;
    }
}

namespace detail {

retry_run::retry_run(retry_policy policy, retry_condition condition, retry_observer observer)
    : policy_{policy}, condition_{std::move(condition)}, observer_{std::move(observer)} {
    if (!condition_)
        condition_ = is_transient;
    auto const found = policy.problems();
    if (!found.empty())
        throw error{errc::invalid_configuration,
                    fmt::format("invalid retry policy: {}", fmt::join(found, "; "))};
}

retry_run::~retry_run() = default;

std::chrono::milliseconds retry_run::wait_after(std::exception_ptr const& failure) {
    ++failures_;
    auto const may_repeat = policy_.attempts == 0 || failures_ < policy_.attempts;
    failed_try failed{failures_, failure, std::nullopt};
    if (may_repeat && condition_(failure))
        failed.wait = policy_.wait_after(failures_, evenly_distributed());
    if (observer_)
        observer_(failed);
    if (!failed.wait)
        std::rethrow_exception(failure);
    return *failed.wait;
}

asio::awaitable<void> wait_before_retry(std::chrono::milliseconds time) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, time};
    co_await timer.async_wait(asio::use_awaitable);
}

} // namespace detail
} // namespace copg
