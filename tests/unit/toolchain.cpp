// SPDX-License-Identifier: BSL-1.0
// The coroutine shapes of docs/compilers.md in their safe spelling. Each of them, written the
// obvious way, is miscompiled by GCC 12.
#include "support/coroutine_test.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <vector>

namespace asio = boost::asio;

namespace {

/// Counts what is constructed against what is destroyed.
class counted {
public:
    counted() { ++alive; }
    counted(counted const&) { ++alive; }
    counted(counted&&) noexcept { ++alive; }
    counted& operator=(counted const&) = default;
    ~counted() { --alive; }

    static inline int alive = 0;
};

struct with_members { // an aggregate
    counted a;
    counted b;
};

asio::awaitable<bool> truth() {
    co_await copg::test::yield();
    co_return true;
}

asio::awaitable<int> take(with_members members) {
    static_cast<void>(members);
    co_await copg::test::yield();
    co_return counted::alive;
}

asio::awaitable<int> branch_on_an_awaited_value() {
    auto const value = co_await truth();
    if (value)
        co_return 1;
    co_return 2;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_toolchain)

COPG_COROUTINE_TEST(an_awaited_condition_is_named_before_it_is_branched_on) {
    auto const branch = co_await branch_on_an_awaited_value();
    BOOST_TEST(branch == 1);
}

COPG_COROUTINE_TEST(an_aggregate_argument_is_a_named_local_that_is_moved) {
    {
        with_members members;
        auto const alive = co_await take(std::move(members));
        BOOST_TEST(alive >= 4);
    }
    BOOST_TEST(counted::alive == 0);
}

COPG_COROUTINE_TEST(a_lambda_with_captures_is_named_before_it_is_awaited) {
    {
        auto const kept = std::make_shared<counted>();
        auto const body = [kept]() -> asio::awaitable<long> {
            co_await copg::test::yield();
            co_return kept.use_count();
        };
        auto const executor = co_await asio::this_coro::executor;
        auto running = body();
        auto const users =
            co_await asio::co_spawn(executor, std::move(running), asio::use_awaitable);
        BOOST_TEST(users == 2);
        BOOST_TEST(kept.use_count() == 2);
    }
    BOOST_TEST(counted::alive == 0);
}

COPG_COROUTINE_TEST(a_choice_is_made_before_it_is_awaited) {
    {
        auto const value = co_await truth();
        with_members chosen;
        if (!value)
            chosen = with_members{};
        auto const alive = co_await take(std::move(chosen));
        BOOST_TEST(alive >= 4);
    }
    BOOST_TEST(counted::alive == 0);
}

COPG_COROUTINE_TEST(a_list_argument_is_a_named_vector) {
    std::vector<int> numbers{1, 2, 3};
    auto const sum = [](std::vector<int> list) -> asio::awaitable<int> {
        co_await copg::test::yield();
        co_return static_cast<int>(list.size());
    };
    auto const size = co_await sum(std::move(numbers));
    BOOST_TEST(size == 3);
}

BOOST_AUTO_TEST_SUITE_END()
