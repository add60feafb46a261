// SPDX-License-Identifier: BSL-1.0
// Acquires inside of transaction scopes that hold connections of the same pool. The scopes are made
// by hand: what the pool sees of one is its entry in the coroutine's context.
#include "base/context.hpp"
#include "pool/pool_impl.hpp"
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/pools.hpp"

#include <copg/pool/acquire_error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <future>

using namespace copg::test;
using copg::errc;
using copg::lease;
using copg::pool;
using copg::session;
using copg::detail::context_entry;
using copg::detail::context_node;
using copg::detail::context_of;
using copg::detail::with_context;

namespace {

using place = std::source_location;

/// A scope that will have a connection, or has it.
class scope : public context_entry {
public:
    explicit scope(pool const& of) : pool_{of.owner()->impl().get()} {}

    hold holds(void const* resource) const noexcept override {
        return resource == pool_ ? held_.load() : hold::none;
    }
    void set(hold now) noexcept { held_ = now; }

private:
    void const* const pool_;
    std::atomic<hold> held_ = hold::possible;
};

asio::any_io_executor inside(asio::any_io_executor const& executor, std::shared_ptr<scope> entry) {
    return with_context(
        executor, std::make_shared<context_node const>(context_of(executor), std::move(entry)));
}

/// A scope's own connection.
asio::awaitable<lease> enter(pool shared,
                             std::shared_ptr<scope> own,
                             session bound_to = {},
                             place where = place::current()) {
    auto const impl = shared.owner()->impl();
    copg::detail::acquire_request request{std::move(bound_to), 0ms, where};
    request.scope = own->id();
    auto held = co_await impl->acquire(impl, std::move(request));
    own->set(context_entry::hold::certain);
    co_return held;
}

struct numbered_ending {
    int number = 0;
    ending how;
};
using endings = std::vector<numbered_ending>;

/// Acquires another connection, gives it back, and after it what the scope holds.
asio::awaitable<void>
nest(pool shared, lease held, int number, endings& ends, session bound_to, place where) {
    auto acquiring = shared.acquire(std::move(bound_to), where);
    auto const how = co_await end_of(std::move(acquiring));
    ends.push_back({number, how});
    held.release();
}

void start_nested(asio::any_io_executor const& executor,
                  pool const& shared,
                  lease held,
                  int number,
                  endings& ends,
                  session const& bound_to = {},
                  place where = place::current()) {
    asio::co_spawn(
        executor, nest(shared, std::move(held), number, ends, bound_to, where), asio::detached);
}

/// Whether a message names a place of this file.
bool names(std::string const& message, place const& where) {
    auto const text = "pool_nested.cpp:" + std::to_string(where.line());
    auto const found = message.find(text);
    return found != message.npos &&
           message.find_first_of("0123456789", found + text.size()) != found + text.size();
}

std::vector<int> numbers_of(endings const& ends) {
    std::vector<int> numbers;
    for (auto const& end : ends)
        numbers.push_back(end.number);
    return numbers;
}

constexpr unsigned rounds = 50;

/// Takes a connection, and inside of that scope another one.
asio::awaitable<void> nest_often(pool shared,
                                 std::shared_ptr<scope> own,
                                 std::atomic<unsigned>& served,
                                 std::atomic<unsigned>& refused) {
    for (unsigned i = 0; i < rounds; ++i) {
        auto held = co_await enter(shared, own);
        co_await yield(); // others take theirs
        auto const how = co_await end_of(shared.ping());
        served += how.code ? 0 : 1;
        refused += how.code == errc::nested_acquire ? 1 : 0;
        own->set(context_entry::hold::possible);
        held.release();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_nested)

COPG_COROUTINE_TEST(the_last_wait_of_scopes_that_hold_everything_ends_and_the_others_get_through) {
    auto const executor = co_await asio::this_coro::executor;
    auto const outer = place::current();
    auto const inner = place::current();
    for (auto const count : {1, 2, 5}) {
        auto const shared =
            co_await make_pool(cluster().dsn(), at_most(static_cast<std::size_t>(count)));
        std::vector<std::pair<std::shared_ptr<scope>, lease>> scopes;
        for (int i = 0; i < count; ++i) {
            auto const own = std::make_shared<scope>(shared);
            auto held = co_await enter(shared, own, {}, outer);
            scopes.emplace_back(own, std::move(held));
        }
        endings ends;
        for (int i = 0; i < count; ++i) {
            auto& [own, held] = scopes[static_cast<std::size_t>(i)];
            start_nested(inside(executor, own), shared, std::move(held), i, ends, session{}, inner);
        }
        co_await eventually([&] { return ends.size() == scopes.size(); });
        std::vector<int> expected{count - 1};
        for (int i = 0; i < count - 1; ++i)
            expected.push_back(i);
        BOOST_TEST(numbers_of(ends) == expected, boost::test_tools::per_element());
        auto const& refused = ends.front().how;
        BOOST_TEST((refused.code == errc::nested_acquire));
        BOOST_TEST(names(refused.message, outer), refused.message);
        BOOST_TEST(names(refused.message, inner), refused.message);
        for (std::size_t i = 1; i < ends.size(); ++i)
            BOOST_TEST(!ends[i].how.code, ends[i].how.message);
        BOOST_TEST(shared.statistics().nested_refused == 1u);
        BOOST_TEST(shared.statistics().timed_out == 0u);
        BOOST_TEST(shared.statistics().in_use == 0u);
    }
}

COPG_COROUTINE_TEST(the_error_has_the_details_of_a_wait_in_vain) {
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto const own = std::make_shared<scope>(shared);
    auto const held = co_await enter(shared, own);
    std::exception_ptr failure;
    asio::co_spawn(inside(executor, own), shared.acquire(), [&](std::exception_ptr thrown, lease) {
        failure = std::move(thrown);
    });
    co_await eventually([&] { return failure != nullptr; });
    try {
        std::rethrow_exception(failure);
    } catch (copg::acquire_error const& e) {
        BOOST_TEST((e.code() == errc::nested_acquire));
        BOOST_TEST((e.waited().total == e.waited().in_use));
        BOOST_TEST_REQUIRE(e.longest_leases().size() == 1u);
        BOOST_TEST(e.longest_leases().front().backend_pid == held.backend_pid());
    }
}

COPG_COROUTINE_TEST(one_coroutine_inside_of_two_scopes_is_told_of_the_inner_one) {
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(cluster().dsn(), at_most(2));
    auto const outermost = std::make_shared<scope>(shared);
    auto const innermost = std::make_shared<scope>(shared);
    auto const outer = place::current();
    auto const inner = place::current();
    auto const held = co_await enter(shared, outermost, {}, outer);
    auto also_held = co_await enter(shared, innermost, {}, inner);
    endings ends;
    auto const both = inside(inside(executor, outermost), innermost);
    auto const hidden =
        with_context(both, std::make_shared<context_node const>(context_of(both), nullptr));
    start_nested(hidden, shared, std::move(also_held), 1, ends); // hidden, but inside
    co_await eventually([&] { return ends.size() == 1; });
    auto const& how = ends.front().how;
    BOOST_TEST((how.code == errc::nested_acquire));
    auto const around = how.message.substr(0, how.message.find("; held "));
    BOOST_TEST(names(around, inner), how.message);
    BOOST_TEST(!names(around, outer), how.message);
}

COPG_COROUTINE_TEST(who_is_inside_of_a_scope_with_a_connection_comes_before_who_is_not) {
    auto const executor = co_await asio::this_coro::executor;
    auto options = at_most(2);
    options.wait_queue_limit = 2;
    auto const shared = co_await make_pool(cluster().dsn(), options);
    auto const holding = std::make_shared<scope>(shared);
    auto const without = std::make_shared<scope>(shared); // it has no connection yet
    auto const other_pools = co_await make_pool(cluster().dsn(), at_most(1));
    auto const foreign = std::make_shared<scope>(other_pools);
    auto const held = co_await enter(shared, holding);
    auto const abroad = co_await enter(other_pools, foreign);
    auto plain = co_await shared.acquire();
    endings ends;
    start_nested(inside(executor, foreign), shared, {}, 1, ends);
    co_await eventually([&] { return shared.statistics().waiting == 1; });
    start_nested(inside(executor, without), shared, {}, 2, ends);
    co_await eventually([&] { return shared.statistics().waiting == 2; });
    start_nested(inside(executor, holding), shared, {}, 3, ends); // beyond the queue's limit
    co_await eventually([&] { return shared.statistics().waiting == 3; });
    BOOST_TEST(ends.empty());
    plain.release();
    co_await eventually([&] { return ends.size() == 3; });
    BOOST_TEST(numbers_of(ends) == (std::vector{3, 1, 2}), boost::test_tools::per_element());
    BOOST_TEST(shared.statistics().nested_refused == 0u);
}

COPG_COROUTINE_TEST(an_acquire_outside_of_the_scopes_waits_as_ever) {
    auto const executor = co_await asio::this_coro::executor;
    auto const shared = co_await make_pool(cluster().dsn(), at_most(1));
    auto const own = std::make_shared<scope>(shared);
    auto held = co_await enter(shared, own);
    endings ends;
    start_nested(executor, shared, {}, 1, ends);
    start_nested(executor, shared, {}, 2, ends);
    co_await eventually([&] { return shared.statistics().waiting == 2; });
    start_nested(inside(executor, own), shared, {}, 3, ends);
    co_await eventually([&] { return ends.size() == 1; });
    BOOST_TEST(ends.front().number == 3);
    BOOST_TEST(shared.statistics().waiting == 2u);
    held.release();
    co_await eventually([&] { return ends.size() == 3; });
    BOOST_TEST(numbers_of(ends) == (std::vector{3, 1, 2}), boost::test_tools::per_element());
    BOOST_TEST(!ends.back().how.code, ends.back().how.message);
}

COPG_COROUTINE_TEST(a_scope_that_finds_an_idle_connection_can_be_the_last_of_the_circle) {
    auto const executor = co_await asio::this_coro::executor;
    scratch_database const database;
    make_two_tenants(database);
    auto options = at_most(2, 10min);
    options.tenant_maximum = 1;
    options.health_interval = 0ms; // so that no timer looks again
    auto const shared = co_await make_pool(database.dsn(), options);
    auto const first = std::make_shared<scope>(shared);
    auto const second = std::make_shared<scope>(shared);
    auto const held = co_await enter(shared, first, "a");
    {
        auto const lent = co_await shared.acquire("b"); // leaves an idle connection
    }
    endings ends;
    start_nested(inside(executor, first), shared, {}, 1, ends, "a"); // a is at its maximum
    start_nested(inside(executor, second), shared, {}, 2, ends, "a");
    co_await eventually([&] { return shared.statistics().waiting == 2; });
    auto own = co_await enter(shared, second, "b");
    co_await eventually([&] { return ends.size() == 1; });
    BOOST_TEST(ends.front().number == 2);
    BOOST_TEST((ends.front().how.code == errc::nested_acquire));
    own.release();
    BOOST_TEST(shared.statistics().waiting == 1u);
    shared.close();
    co_await eventually([&] { return ends.size() == 2; });
}

BOOST_AUTO_TEST_CASE(twice_as_many_scopes_as_connections_on_several_threads_all_come_to_an_end) {
    for (auto const connections : {1U, 3U}) {
        asio::thread_pool threads{4};
        pool const shared{
            threads.get_executor(), copg::connect_options{cluster().dsn()}, at_most(connections)};
        std::atomic<unsigned> served = 0;
        std::atomic<unsigned> refused = 0;
        std::vector<std::future<void>> ends;
        for (unsigned i = 0; i < 2 * connections; ++i) {
            auto const own = std::make_shared<scope>(shared);
            auto const where = inside(asio::make_strand(threads.get_executor()), own);
            ends.push_back(
                asio::co_spawn(where, nest_often(shared, own, served, refused), asio::use_future));
        }
        for (auto& end : ends)
            end.get();
        auto const now = shared.statistics();
        BOOST_TEST(served + refused == 2 * connections * rounds);
        BOOST_TEST((connections > 1 || served == 0u));
        BOOST_TEST(now.nested_refused == refused);
        BOOST_TEST(now.acquired == served + 2 * connections * rounds);
        BOOST_TEST(now.in_use + now.waiting == 0u);
        BOOST_TEST_MESSAGE(connections << " connections: " << served << " served, " << refused
                                       << " refused");
        shared.close();
        threads.join();
    }
}

BOOST_AUTO_TEST_SUITE_END()
