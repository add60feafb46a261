// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/coroutine_test.hpp"

#include <copg/pool/pool.hpp>

#include <boost/asio/this_coro.hpp>

#include <string>
#include <vector>

namespace copg::test {

inline pool_options at_most(std::size_t maximum, std::chrono::milliseconds timeout = 30s) {
    pool_options options;
    options.maximum = maximum;
    options.acquire_timeout = timeout;
    return options;
}

inline asio::awaitable<pool> make_pool(std::string dsn, pool_options options) {
    auto const executor = co_await asio::this_coro::executor;
    co_return pool{executor, copg::connect_options{dsn}, options};
}

/// Waits for a connection, notes its number, uses the connection.
inline asio::awaitable<void> note_turn(pool shared, std::vector<int>& order, int number) {
    auto held = co_await shared.acquire();
    order.push_back(number);
    co_await held.ping();
}

} // namespace copg::test
