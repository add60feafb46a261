// SPDX-License-Identifier: BSL-1.0
#include "driver/batch.hpp"
#include "driver/session_bound.hpp"

#include <copg/base/error.hpp>
#include <copg/driver/query_functions.hpp>

#include <fmt/format.h>

namespace copg::detail {

void throw_no_row() {
    throw error{errc::no_row, "one row was asked for, there is none"};
}

void throw_several_rows(std::size_t count) {
    throw error{errc::several_rows, fmt::format("one row was asked for, there are {}", count)};
}

asio::awaitable<result> failed(error reason) {
    throw reason;
    co_return result{};
}

asio::awaitable<command_result> command(asio::awaitable<result> pending) {
    auto const rows = co_await std::move(pending);
    co_return command_result{rows};
}

asio::awaitable<bool> any_row(asio::awaitable<result> pending) {
    auto const rows = co_await std::move(pending);
    co_return !rows.empty();
}

asio::awaitable<void> ignore(asio::awaitable<result> pending) {
    auto const rows = co_await std::move(pending);
    static_cast<void>(rows);
}

asio::awaitable<std::vector<outcome>> run_batch(asio::awaitable<bound_connection> target,
                                                batch wanted) {
    auto bound = co_await std::move(target);
    auto outcomes = co_await run_batch(std::move(bound), std::move(wanted));
    co_return outcomes;
}

asio::awaitable<std::vector<command_result>> run_script(asio::awaitable<bound_connection> target,
                                                        statement script) {
    auto bound = co_await std::move(target);
    auto done = co_await run_script(bound.connection, bound.session, std::move(script));
    co_return done;
}

} // namespace copg::detail
