// SPDX-License-Identifier: BSL-1.0
#include "base/context.hpp"
#include "support/coroutine_test.hpp"

#include <copg/base/context_executor.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>

namespace asio = boost::asio;
using namespace copg::detail;

namespace {

struct room : context_entry {
    hold holds(void const*) const noexcept override { return hold::none; }
};

auto const main_room = std::make_shared<room>();

std::shared_ptr<context_node const> make_context(std::shared_ptr<room> const& entered) {
    return std::make_shared<context_node const>(nullptr, entered);
}

bool is_in(std::shared_ptr<context_node const> const& context,
           std::shared_ptr<room> const& wanted) {
    return context != nullptr && context->entry() == wanted;
}

asio::awaitable<bool> is_inside() {
    auto const executor = co_await asio::this_coro::executor;
    co_return is_in(context_of(executor), main_room);
}

asio::awaitable<bool> is_inside_later() {
    co_await copg::test::yield();
    auto inside = co_await is_inside();
    co_return inside;
}

asio::awaitable<void> check_all_ways() {
    using namespace asio::experimental::awaitable_operators;
    auto const executor = co_await asio::this_coro::executor;
    auto const here = co_await is_inside();
    BOOST_TEST(here);
    auto const later = co_await is_inside_later();
    BOOST_TEST(later);
    auto const [first, second] = co_await (is_inside_later() && is_inside_later());
    BOOST_TEST(first);
    BOOST_TEST(second);
    auto spawned = co_await asio::co_spawn(executor, is_inside_later(), asio::use_awaitable);
    BOOST_TEST(spawned);
    asio::any_io_executor const strand = asio::make_strand(executor);
    auto on_strand = co_await asio::co_spawn(strand, is_inside_later(), asio::use_awaitable);
    BOOST_TEST(on_strand);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_context_executor)

BOOST_AUTO_TEST_CASE(the_context_reaches_nested_calls_timers_operators_and_children) {
    asio::io_context loop;
    auto const inside = with_context(loop.get_executor(), make_context(main_room));
    auto ended = false;
    asio::co_spawn(inside, check_all_ways(), [&](std::exception_ptr failure) {
        BOOST_TEST(!failure);
        ended = true;
    });
    loop.run();
    BOOST_TEST(ended);
}

COPG_COROUTINE_TEST(the_context_is_lost_on_another_executor_unless_it_is_inherited) {
    auto const executor = co_await asio::this_coro::executor;
    auto const inside = with_context(executor, make_context(main_room));
    asio::thread_pool threads{1};
    auto const check = [](asio::any_io_executor elsewhere) -> asio::awaitable<void> {
        auto lost = co_await asio::co_spawn(elsewhere, is_inside(), asio::use_awaitable);
        BOOST_TEST(!lost);
        auto const carrying = co_await copg::inherit(elsewhere);
        auto carried = co_await asio::co_spawn(carrying, is_inside(), asio::use_awaitable);
        BOOST_TEST(carried);
    };
    auto checking = check(threads.get_executor());
    co_await asio::co_spawn(inside, std::move(checking), asio::use_awaitable);
    threads.join();
}

BOOST_AUTO_TEST_CASE(leaving_the_scope_gives_the_wrapped_executor_back) {
    asio::io_context loop;
    asio::any_io_executor const plain = loop.get_executor();
    auto const inside = with_context(plain, make_context(main_room));
    BOOST_TEST((copg::leave_scope(inside) == plain));
    BOOST_TEST((copg::leave_scope(plain) == plain));
}

BOOST_AUTO_TEST_CASE(a_strand_stays_a_strand_in_a_scope_and_out_of_it) {
    asio::io_context loop;
    auto const inside = with_context(loop.get_executor(), make_context(main_room));
    auto const strand = asio::make_strand(inside);
    auto const left = copg::leave_scope(strand);
    BOOST_TEST((!is_in(context_of(left), main_room)));
    auto const deeper = with_context(strand, make_context(std::make_shared<room>()));
    int on_strand = 0;
    for (auto const& executor : {left, deeper})
        asio::post(executor, [&] { on_strand += strand.running_in_this_thread(); });
    loop.run();
    BOOST_TEST(on_strand == 2);
}

BOOST_AUTO_TEST_CASE(a_kept_executor_does_not_keep_the_loop_running) {
    asio::io_context loop;
    auto const inside = with_context(loop.get_executor(), make_context(main_room));
    {
        auto const tracked = asio::prefer(inside, asio::execution::outstanding_work.tracked);
    }
    loop.restart(); // it stopped when the last work ended
    auto ran = false;
    asio::post(inside, [&] { ran = true; });
    loop.run();
    BOOST_TEST(ran);
    BOOST_TEST(loop.stopped());
}

BOOST_AUTO_TEST_SUITE_END()
