// SPDX-License-Identifier: BSL-1.0
#include "support/coroutine_test.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace copg::test {

void run(asio::io_context& loop, asio::awaitable<void> body) {
    constexpr auto limit = 60s;
    auto ended = false;
    std::exception_ptr failure;
    asio::co_spawn(loop, std::move(body), [&](std::exception_ptr thrown) {
        ended = true;
        failure = std::move(thrown);
    });
    loop.restart();
    loop.run_for(limit);
    if (failure)
        std::rethrow_exception(failure);
    BOOST_TEST(ended, "the coroutine did not end");
    BOOST_TEST(loop.stopped(), "something keeps the loop running");
}

void run(asio::awaitable<void> body) {
    asio::io_context loop;
    run(loop, std::move(body));
}

asio::awaitable<void> yield() {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    timer.expires_after(1ms);
    co_await timer.async_wait(asio::use_awaitable);
}

ending describe(std::exception_ptr const& failure) {
    ending end;
    try {
        std::rethrow_exception(failure);
    } catch (boost::system::system_error const& e) {
        end.code = e.code();
        end.message = e.what();
    } catch (std::system_error const& e) {
        end.code = e.code();
        end.message = e.what();
    } catch (std::exception const& e) {
        end.code = std::make_error_code(std::errc::state_not_recoverable);
        end.message = e.what();
    }
    return end;
}

} // namespace copg::test
