// SPDX-License-Identifier: BSL-1.0
#include "base/flight.hpp"

#include "support/coroutine_test.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

using namespace copg::test;
using copg::detail::flight;

namespace {

asio::awaitable<void> note_end(std::shared_ptr<flight> run, std::vector<std::string>& ends) {
    auto const end = co_await end_of(flight::wait(run));
    ends.push_back(end.code ? end.message : "landed");
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_flight)

COPG_COROUTINE_TEST(whoever_waits_and_whoever_comes_later_learns_the_end) {
    auto const executor = co_await asio::this_coro::executor;
    auto const run = std::make_shared<flight>(executor);
    std::vector<std::string> ends;
    for (int i = 0; i < 3; ++i)
        asio::co_spawn(executor, note_end(run, ends), asio::detached);
    co_await yield();
    BOOST_TEST(ends.empty());
    run->land(std::make_exception_ptr(copg::error{copg::errc::connect_failed, "no"}));
    co_await note_end(run, ends);
    co_await eventually([&] { return ends.size() == 4; });
    for (auto const& end : ends)
        BOOST_TEST(end == "no");
}

COPG_COROUTINE_TEST(a_cancelled_wait_ends_and_leaves_the_others_alone) {
    auto const executor = co_await asio::this_coro::executor;
    auto const run = std::make_shared<flight>(executor);
    asio::cancellation_signal signal;
    std::vector<std::string> ends;
    asio::co_spawn(executor, note_end(run, ends), asio::detached);
    asio::co_spawn(
        executor, note_end(run, ends), asio::bind_cancellation_slot(signal.slot(), asio::detached));
    co_await yield();
    signal.emit(asio::cancellation_type::terminal);
    co_await eventually([&] { return ends.size() == 1; });
    BOOST_TEST(ends[0] != "landed");
    run->land(nullptr);
    co_await eventually([&] { return ends.size() == 2; });
    BOOST_TEST(ends[1] == "landed");
}

BOOST_AUTO_TEST_CASE(who_waits_is_let_go_when_the_loop_is_destroyed) {
    std::vector<std::string> ends;
    std::weak_ptr<flight> left;
    {
        asio::io_context loop;
        auto const run = std::make_shared<flight>(loop.get_executor());
        left = run;
        asio::co_spawn(loop, note_end(run, ends), asio::detached);
        loop.poll();
    }
    BOOST_TEST(left.expired());
    BOOST_TEST(ends.empty());
}

BOOST_AUTO_TEST_SUITE_END()
