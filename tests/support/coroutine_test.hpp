// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <system_error>
#include <utility>

namespace copg::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Runs a coroutine on the loop until the loop has nothing left to do. Rethrows what it throws;
/// fails the test when it does not end, which a time limit turns from a hang into a failure.
void run(asio::io_context& loop, asio::awaitable<void> body);

/// The same on a loop of its own.
void run(asio::awaitable<void> body);

/// Lets everything run that is ready.
asio::awaitable<void> yield();

/// Waits until the condition holds, and fails the test when it does not come to hold.
template <class Condition>
asio::awaitable<void> eventually(Condition condition) {
    constexpr auto limit = 30s;
    auto const end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            BOOST_FAIL("what was waited for did not come");
            co_return;
        }
        co_await yield();
    }
}

/// The same for a condition that has to be asked for: a callable that returns an awaitable<bool>.
template <class Question>
asio::awaitable<void> eventually_answers(Question question) {
    constexpr auto limit = 30s;
    auto const end = std::chrono::steady_clock::now() + limit;
    while (true) {
        auto const yes = co_await question();
        if (yes)
            co_return;
        if (std::chrono::steady_clock::now() > end) {
            BOOST_FAIL("what was waited for did not come");
            co_return;
        }
        co_await yield();
    }
}

/// What an operation ends with: its error, its message.
struct ending {
    std::error_code code;
    std::string message;

    ending() = default;
};

ending describe(std::exception_ptr const& failure);

template <class T>
asio::awaitable<ending> end_of(asio::awaitable<T> operation) {
    try {
        co_await std::move(operation);
    } catch (...) {
        co_return describe(std::current_exception());
    }
    co_return ending{};
}

} // namespace copg::test

/// A test whose body is a coroutine.
#define COPG_COROUTINE_TEST(name)                                                                  \
    static boost::asio::awaitable<void> name##_body();                                             \
    BOOST_AUTO_TEST_CASE(name) {                                                                   \
        copg::test::run(name##_body());                                                            \
    }                                                                                              \
    static boost::asio::awaitable<void> name##_body()
