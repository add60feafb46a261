// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/coroutine_test.hpp"

#include <copg/manager/manager.hpp>

#include <boost/asio/this_coro.hpp>

namespace copg::test {

inline asio::awaitable<manager> make_manager(manager_options options = {}) {
    auto const executor = co_await asio::this_coro::executor;
    co_return manager{executor, options};
}

/// What a call throws at once, before anything is awaited.
template <class Call>
std::error_code code_of(Call call) {
    try {
        static_cast<void>(call());
    } catch (copg::error const& e) {
        return e.code();
    }
    return {};
}

} // namespace copg::test
