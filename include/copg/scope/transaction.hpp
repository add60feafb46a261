// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/context_executor.hpp>
#include <copg/scope/database.hpp>
#include <copg/scope/scope_key.hpp>
#include <copg/scope/transaction_options.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

namespace copg {
namespace detail {

class scope_state;

/// A scope that is being run: opened by this call or joined.
struct entered_scope {
    std::shared_ptr<scope_state> scope;
    asio::any_io_executor executor; ///< for the body
    bool joined = false;

    entered_scope() = default;
};

COPG_API entered_scope enter_scope(asio::any_io_executor const& executor,
                                   scope_key key,
                                   transaction_options const& options);
/// A joined body failed: the transaction that it joined can only be rolled back.
COPG_API void fail_joined_scope(entered_scope const& scope) noexcept;
/// Commits or rolls back. @return why that failed, or null
COPG_API asio::awaitable<std::exception_ptr> end_scope(entered_scope scope, bool commit);
COPG_API asio::any_io_executor hide_scopes(asio::any_io_executor const& executor);

template <class Awaitable>
struct awaited;
template <class T>
struct awaited<asio::awaitable<T>> {
    using type = T;
};
template <class Body>
using awaited_t = typename awaited<std::invoke_result_t<Body&>>::type;

/// Where a body's value waits for the end of its scope.
template <class T>
struct outcome {
    std::optional<T> value;
    T take() { return std::move(*value); }
};
template <>
struct outcome<void> {
    void take() noexcept {}
};

template <class T, class Body>
asio::awaitable<void> run_body(Body& body, outcome<T>& result) {
    auto running = body();
    if constexpr (std::is_void_v<T>) {
        co_await std::move(running);
    } else {
        auto value = co_await std::move(running);
        result.value.emplace(std::move(value));
    }
}

template <class T, class Body>
asio::awaitable<T> run_in_scope(scope_key key, Body body, transaction_options options) {
    auto const executor = co_await asio::this_coro::executor;
    auto entered = enter_scope(executor, std::move(key), options);
    outcome<T> result;
    std::exception_ptr failure;
    try {
        auto running = run_body<T>(body, result);
        if (entered.joined)
            co_await std::move(running);
        else
            co_await asio::co_spawn(entered.executor, std::move(running), asio::use_awaitable);
    } catch (...) {
        failure = std::current_exception();
    }
    if (entered.joined) {
        if (failure)
            fail_joined_scope(entered);
    } else {
        // The end must happen in a coroutine that has been cancelled too, where every further await
        // would throw instead of starting what it awaits.
        auto const throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        auto ending = end_scope(std::move(entered), failure == nullptr);
        auto const end_failure = co_await std::move(ending);
        co_await asio::this_coro::throw_if_cancelled(throws);
        if (!failure)
            failure = end_failure;
    }
    if (failure)
        std::rethrow_exception(failure);
    co_return result.take();
}

template <class T, class Body>
asio::awaitable<T> run_hidden(Body body) {
    auto const executor = co_await asio::this_coro::executor;
    auto const outside = hide_scopes(executor);
    outcome<T> result;
    auto running = run_body<T>(body, result);
    co_await asio::co_spawn(outside, std::move(running), asio::use_awaitable);
    co_return result.take();
}

} // namespace detail

/// A callable without parameters that returns an asio::awaitable.
template <class Body>
concept scope_body = requires(Body& body) { typename detail::awaited_t<Body>; };

/// Runs the body in a transaction of a named pool, and returns what the body returns.
///
/// Nothing is sent before the first statement of a database handle of that name; then BEGIN, the
/// tenant's settings and the statement go in one round trip. Every such handle that is used inside,
/// however deep in calls, joins on the same connection. A normal return commits, an exception or
/// cancellation rolls back and goes on. Inside a transaction of the same name the call joins it:
/// one COMMIT at the outermost end; a nested failure that the outer body swallows makes the whole
/// roll back.
///
/// The scope belongs to the coroutine: it reaches whatever is awaited or spawned on the executor
/// that `co_await asio::this_coro::executor` gives inside; see copg::inherit for other executors.
/// Ending the transaction ignores cancellation and is bounded by 10 s.
///
/// @throws what the body throws; what COMMIT fails with; error errc::transaction_aborted when the
///         body returned but the transaction could only be rolled back;
///         errc::transaction_in_doubt when the connection was lost while COMMIT was under way;
///         errc::scope_conflict when a nested call asks for other options than the outer one has
template <scope_body Body>
auto transaction(std::string name, Body body, transaction_options options = {})
    -> asio::awaitable<detail::awaited_t<Body>> {
    return detail::run_in_scope<detail::awaited_t<Body>>(
        scope_key{scope_key::kind::named, std::move(name)}, std::move(body), options);
}

/// The same for the name, tenant or target of a database handle.
template <scope_body Body>
auto transaction(database const& target, Body body, transaction_options options = {})
    -> asio::awaitable<detail::awaited_t<Body>> {
    return detail::run_in_scope<detail::awaited_t<Body>>(target.key(), std::move(body), options);
}

/// Runs the body outside every transaction scope that the coroutine is in: its statements use other
/// connections and stand alone; a transaction begun in it is a new one.
template <scope_body Body>
auto without_transaction(Body body) -> asio::awaitable<detail::awaited_t<Body>> {
    return detail::run_hidden<detail::awaited_t<Body>>(std::move(body));
}

} // namespace copg
