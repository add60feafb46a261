// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/context_executor.hpp>
#include <copg/scope/database.hpp>
#include <copg/scope/scope_key.hpp>
#include <copg/scope/scope_run.hpp>
#include <copg/scope/transaction_error.hpp>
#include <copg/scope/transaction_options.hpp>
#include <copg/scope/transaction_scope.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <concepts>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>

namespace copg {
namespace detail {

template <class Awaitable>
struct awaited;
template <class T>
struct awaited<asio::awaitable<T>> {
    using type = T;
};

template <class Body>
auto call_body(Body& body, transaction_scope const& scope) {
    if constexpr (std::invocable<Body&, transaction_scope>)
        return body(scope);
    else
        return body();
}

template <class Body>
using awaited_t = typename awaited<decltype(call_body(
    std::declval<Body&>(), std::declval<transaction_scope const&>()))>::type;

/// Where a body's value waits for the end of its scope.
template <class T>
struct outcome_of_body {
    std::optional<T> value;
    T take() { return std::move(*value); }
};
template <>
struct outcome_of_body<void> {
    void take() noexcept {}
};

template <class T, class Running>
asio::awaitable<void> keep_value(Running running, outcome_of_body<T>& kept) {
    if constexpr (std::is_void_v<T>) {
        co_await std::move(running);
    } else {
        auto value = co_await std::move(running);
        kept.value.emplace(std::move(value));
    }
}

template <class T, class Body>
asio::awaitable<T> run_in_scope(scope_key key,
                                std::optional<database> target,
                                Body body,
                                transaction_options options) {
    scope_run run{std::move(key), std::move(target), options};
    while (true) {
        outcome_of_body<T> kept;
        std::exception_ptr failure;
        try {
            co_await run.enter();
            auto running = keep_value<T>(call_body(body, run.scope()), kept);
            co_await run.perform(std::move(running));
        } catch (...) {
            failure = std::current_exception();
        }
        // The end must happen in a coroutine that has been cancelled too, where every further await
        // would throw instead of starting what it awaits.
        auto const throws = co_await asio::this_coro::throw_if_cancelled();
        co_await asio::this_coro::throw_if_cancelled(false);
        auto again = false;
        std::exception_ptr told;
        try {
            again = co_await run.leave(failure);
        } catch (...) {
            told = std::current_exception();
        }
        co_await asio::this_coro::throw_if_cancelled(throws);
        if (told)
            std::rethrow_exception(told);
        if (!again)
            co_return kept.take();
        co_await run.pause();
    }
}

template <class T, class Body>
asio::awaitable<T> run_hidden(Body body) {
    auto const executor = co_await asio::this_coro::executor;
    auto const outside = hide_scopes(executor);
    outcome_of_body<T> kept;
    auto running = keep_value<T>(body(), kept);
    co_await asio::co_spawn(outside, std::move(running), asio::use_awaitable);
    co_return kept.take();
}

} // namespace detail

/// A callable without parameters, or with a transaction_scope, that returns an asio::awaitable.
template <class Body>
concept scope_body = requires(Body& body) { typename detail::awaited_t<Body>; };

/// Runs the body in a transaction of a named pool, and returns what the body returns.
///
/// Nothing is sent before the first statement of a database handle of that name; then BEGIN, the
/// tenant's settings and the statement go in one round trip. Every such handle that is used inside,
/// however deep in calls, joins on the same connection. A normal return commits, an exception or
/// cancellation rolls back and goes on. Inside a transaction of the same name the call is a part of
/// that: by default it joins, with one COMMIT at the outermost end, and a nested failure that the
/// outer body swallows makes the whole roll back; with nesting::savepoint it is undone by itself.
///
/// The scope belongs to the coroutine: it reaches whatever is awaited or spawned on the executor
/// that `co_await asio::this_coro::executor` gives inside; see copg::inherit for other executors.
/// Children that run in parallel take turns with their statements; while one is in a savepoint, the
/// others wait for its end. What outlives the scope gets errc::scope_ended.
///
/// COMMIT and ROLLBACK ignore cancellation and are bounded by transaction_options::end_timeout().
/// The caller always learns how it ended: committed (a normal return, or
/// errc::failed_after_commit), in doubt, or, with every other failure, rolled back.
///
/// @param body  kept until the end; run more than once with transaction_options::retry()
/// @throws what the body throws; what the server says to COMMIT; transaction_error
///         errc::transaction_aborted when the body returned but the transaction could only be
///         rolled back, with the reason; errc::transaction_in_doubt when the connection was lost
///         while COMMIT was under way; errc::failed_after_commit; error errc::scope_conflict when a
///         nested call asks for other modes than the outer one has, or another target;
///         errc::scope_ended when the outer one is over; errc::deadline_exceeded;
///         errc::invalid_configuration for a retry policy
template <scope_body Body>
auto transaction(std::string name, Body body, transaction_options options = {})
    -> asio::awaitable<detail::awaited_t<Body>> {
    return detail::run_in_scope<detail::awaited_t<Body>>(
        scope_key{scope_key::kind::named, std::move(name)},
        std::nullopt,
        std::move(body),
        std::move(options));
}

/// The same for the name, tenant or target of a database handle.
template <scope_body Body>
auto transaction(database const& target, Body body, transaction_options options = {})
    -> asio::awaitable<detail::awaited_t<Body>> {
    return detail::run_in_scope<detail::awaited_t<Body>>(
        target.key(), target, std::move(body), std::move(options));
}

/// Runs the body outside every transaction scope that the coroutine is in: its statements use other
/// connections and stand alone; a transaction begun in it is a new one.
template <class Body>
auto without_transaction(Body body) -> asio::awaitable<detail::awaited_t<Body>> {
    return detail::run_hidden<detail::awaited_t<Body>>(std::move(body));
}

/// The scope of a named pool that the coroutine is in, innermost first; nothing outside of one and
/// in without_transaction().
COPG_API asio::awaitable<std::optional<transaction_scope>> current_transaction(std::string name);
/// The same for the name, tenant or target of a database handle.
COPG_API asio::awaitable<std::optional<transaction_scope>>
current_transaction(database const& handle);

} // namespace copg
