// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>
#include <copg/base/retry_policy.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace copg {

/// Whether the same may succeed a little later, and certainly had no effect yet: no connection came
/// about or the one there was broke before anything was committed (errc::connect_failed,
/// connect_timeout, connection_lost; SQLSTATE class 08 but for 08007), the server has no free
/// connection (53300) or does not take any at the moment (57P03).
///
/// Not so: what no time cures (credentials, class 28; an unknown database, 3D000); what may have
/// been executed (statement_in_doubt, transaction_in_doubt, 08007; 57P01 and 57P02, with which the
/// server ends a session whatever it is at); what the application decides on (any other error).
COPG_API bool is_transient(std::exception_ptr const& failure) noexcept;

/// Whether a transaction failed because of others that ran beside it (SQLSTATE 40001 and 40P01):
/// the whole of it may succeed when it is run again.
COPG_API bool is_serialization_failure(std::exception_ptr const& failure) noexcept;

/// A try that failed.
struct failed_try {
    std::size_t number = 0; ///< tries so far, this one included
    std::exception_ptr failure;
    std::optional<std::chrono::milliseconds>
        wait; ///< before the next try; none when it was the last
};

/// Says whether there may be another try after this failure.
using retry_condition = std::function<bool(std::exception_ptr const&)>;

/// Told of every try that failed, before the wait; what it throws ends with_retry.
using retry_observer = std::function<void(failed_try const&)>;

namespace detail {

/// What happened so far, and what happens next.
class COPG_API retry_run {
public:
    retry_run(retry_policy policy, retry_condition condition, retry_observer observer);
    retry_run(retry_run const&) = delete;
    retry_run& operator=(retry_run const&) = delete;
    ~retry_run();

    /// How long to wait before the next try. Rethrows the failure when there is none.
    std::chrono::milliseconds wait_after(std::exception_ptr const& failure);

private:
    retry_policy policy_;
    retry_condition condition_;
    retry_observer observer_;
    std::size_t failures_ = 0;
};

COPG_API asio::awaitable<void> wait_before_retry(std::chrono::milliseconds time);

} // namespace detail

/// Calls the operation, awaits what it returns, and does so again when that failed, as often and
/// after such waits as the policy says. The last failure is thrown as it is; how many tries there
/// were is told to the observer.
///
///     auto const connect = [&] { return pool.acquire("acme"); };
///     auto lease = co_await copg::with_retry({}, connect);
///
/// Nothing is repeated but the operation: a transaction whose statements are to run again must be
/// begun in it. Cancellation: passed on to the operation; during a wait it ends with
/// operation_aborted at once. Between two tries the loop always runs, also without a delay.
/// @param operation  called for each try; kept until the end, with what it captures
/// @param condition  is_transient by default and when it is empty; not asked after the last try
/// @throws error errc::invalid_configuration, before the first try, naming what is wrong with the
///         policy; what the operation throws
template <class Operation>
std::invoke_result_t<Operation&> with_retry(retry_policy policy,
                                            Operation operation,
                                            retry_condition condition = is_transient,
                                            retry_observer observer = {}) {
    using awaited = typename std::invoke_result_t<Operation&>::value_type;
    detail::retry_run run{policy, std::move(condition), std::move(observer)};
    while (true) {
        std::exception_ptr failure;
        try {
            if constexpr (std::is_void_v<awaited>) {
                co_await operation();
                co_return;
            } else {
                auto value = co_await operation();
                co_return value;
            }
        } catch (...) {
            failure = std::current_exception();
        }
        auto const wait = run.wait_after(failure);
        co_await detail::wait_before_retry(wait);
    }
}

} // namespace copg
