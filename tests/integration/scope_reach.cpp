// SPDX-License-Identifier: BSL-1.0
// Where a transaction scope goes with its coroutine, and where it is lost: the table of
// docs/guide/transactions.md, row by row.
#include "support/managers.hpp"
#include "support/scopes.hpp"

#include <copg/base/with_deadline.hpp>
#include <copg/scope/transaction.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <functional>
#include <tuple>

using namespace copg::test;
using namespace asio::experimental::awaitable_operators;
using copg::database;
using copg::errc;
using copg::scope_key;
using copg::session;
using copg::transaction;

namespace {

/// Where a statement runs: on which connection, in which transaction that has written something.
using place = std::tuple<int, std::optional<std::string>>;

constexpr char const* where_am_i =
    "select pg_backend_pid(), pg_current_xact_id_if_assigned()::text";

asio::awaitable<place> look(database db) {
    auto found = co_await db.fetch_one<place>(where_am_i);
    co_return found;
}

asio::awaitable<place> look_deeper(database db, int depth) {
    if (depth == 0) {
        auto found = co_await look(db);
        co_return found;
    }
    auto found = co_await look_deeper(db, depth - 1);
    co_return found;
}

asio::awaitable<void> look_into(database db, place& found) {
    auto seen = co_await look(db);
    found = std::move(seen);
}

asio::awaitable<void> wait_forever() {
    co_await eventually([] { return false; });
}

/// Databases that are pools, sessions and names of one server, connections enough for each.
class reach_fixture {
public:
    reach_fixture() { make_two_tenants(scratch); }

    asio::awaitable<database> open(char const* name = "main-db", char const* schema = "a") {
        if (!shared) {
            auto const executor = co_await asio::this_coro::executor;
            copg::pool_options options;
            options.maximum = 4;
            shared.emplace(executor, copg::connect_options{scratch.dsn()}, options);
        }
        co_return database{*shared, session{schema}, scope_key{scope_key::kind::named, name}};
    }

    scratch_database scratch;
    std::optional<copg::pool> shared;
};

using reaching = std::function<asio::awaitable<place>(database)>;

/// Where a statement is, that a body reaches in some way, as seen from the body's own.
struct comparison {
    place own;
    place reached;

    comparison() = default;

    bool joined() const { return own == reached; }
    /// In a transaction of its own, on a connection of its own.
    bool stood_alone() const {
        return std::get<0>(reached) != std::get<0>(own) && !std::get<1>(reached);
    }
};

asio::awaitable<comparison> compare(database db, reaching reach) {
    auto const body = [&]() -> asio::awaitable<comparison> {
        comparison result;
        co_await add(db, 1'000);
        co_await look_into(db, result.own);
        auto running = reach(db);
        auto reached = co_await std::move(running);
        result.reached = std::move(reached);
        co_return result;
    };
    auto result = co_await transaction(db, body);
    BOOST_TEST(std::get<1>(result.own).has_value());
    co_await db.execute("delete from item where id = 1000");
    co_return result;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_scope_reach)

COPG_COROUTINE_TEST(nested_calls_timers_and_time_limits_carry_the_scope) {
    reach_fixture f;
    auto const db = co_await f.open();
    reaching const called = [](database of) { return look_deeper(of, 20); };
    auto const deep = co_await compare(db, called);
    BOOST_TEST(deep.joined());

    reaching const slept = [](database of) -> asio::awaitable<place> {
        asio::steady_timer timer{co_await asio::this_coro::executor, 5ms};
        co_await timer.async_wait(asio::use_awaitable);
        auto found = co_await look(of);
        co_return found;
    };
    auto const later = co_await compare(db, slept);
    BOOST_TEST(later.joined());

    reaching const limited = [](database of) { return copg::with_deadline(10s, look(of)); };
    auto const in_time = co_await compare(db, limited);
    BOOST_TEST(in_time.joined());
}

COPG_COROUTINE_TEST(parallel_operators_carry_the_scope) {
    reach_fixture f;
    auto const db = co_await f.open();
    reaching const both = [](database of) -> asio::awaitable<place> {
        place first;
        place second;
        co_await (look_into(of, first) && look_into(of, second));
        BOOST_TEST((first == second));
        co_return first;
    };
    auto const all = co_await compare(db, both);
    BOOST_TEST(all.joined());

    reaching const either = [](database of) -> asio::awaitable<place> {
        place found;
        co_await (look_into(of, found) || wait_forever());
        co_return found;
    };
    auto const first = co_await compare(db, either);
    BOOST_TEST(first.joined());
}

COPG_COROUTINE_TEST(a_statement_that_loses_a_race_makes_its_transaction_roll_back) {
    reach_fixture f;
    auto const db = co_await f.open();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto losing = db.execute("select pg_sleep(100)");
        co_await (std::move(losing) || yield());
    };
    auto const end = co_await end_of(transaction(db, body));
    BOOST_TEST((end.code == errc::transaction_aborted), end.message);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 10);
}

COPG_COROUTINE_TEST(a_coroutine_spawned_on_the_scopes_executor_or_a_strand_over_it_joins) {
    reach_fixture f;
    auto const db = co_await f.open();
    reaching const spawned = [](database of) -> asio::awaitable<place> {
        auto const inside = co_await asio::this_coro::executor;
        auto found = co_await asio::co_spawn(inside, look(of), asio::use_awaitable);
        co_return found;
    };
    auto const child = co_await compare(db, spawned);
    BOOST_TEST(child.joined());

    reaching const on_strand = [](database of) -> asio::awaitable<place> {
        auto const strand = asio::make_strand(co_await asio::this_coro::executor);
        auto found = co_await asio::co_spawn(strand, look(of), asio::use_awaitable);
        co_return found;
    };
    auto const stranded = co_await compare(db, on_strand);
    BOOST_TEST(stranded.joined());

    reaching const on_strand_of_strand = [](database of) -> asio::awaitable<place> {
        auto const inner = asio::make_strand(co_await asio::this_coro::executor);
        asio::any_io_executor const erased = inner;
        auto const outer = asio::make_strand(erased);
        auto found = co_await asio::co_spawn(outer, look_deeper(of, 3), asio::use_awaitable);
        co_return found;
    };
    auto const twice = co_await compare(db, on_strand_of_strand);
    BOOST_TEST(twice.joined());
}

COPG_COROUTINE_TEST(bind_executor_moves_a_resumption_and_leaves_the_scope_as_it_is) {
    reach_fixture f;
    auto const db = co_await f.open();
    asio::thread_pool threads{1};
    reaching const hopped = [&](database of) -> asio::awaitable<place> {
        auto const before = std::this_thread::get_id();
        co_await asio::post(asio::bind_executor(threads, asio::use_awaitable));
        BOOST_TEST((std::this_thread::get_id() != before));
        auto found = co_await look(of);
        co_return found;
    };
    auto const elsewhere = co_await compare(db, hopped);
    BOOST_TEST(elsewhere.joined());

    auto const outside = co_await asio::this_coro::executor;
    reaching const completed = [&](database of) -> asio::awaitable<place> {
        auto const inside = co_await asio::this_coro::executor;
        auto token = asio::bind_executor(outside, asio::use_awaitable);
        auto found = co_await asio::co_spawn(inside, look(of), std::move(token));
        co_return found;
    };
    auto const child = co_await compare(db, completed);
    BOOST_TEST(child.joined());
    threads.join();
}

COPG_COROUTINE_TEST(another_executor_loses_the_scope_and_inherit_carries_it_over) {
    reach_fixture f;
    auto const db = co_await f.open();
    asio::thread_pool threads{2};
    auto const loop = co_await asio::this_coro::executor;
    std::vector<asio::any_io_executor> const others{
        loop, asio::make_strand(loop), threads.get_executor(), asio::make_strand(threads)};
    for (auto const& other : others) {
        reaching const lost = [&](database of) -> asio::awaitable<place> {
            auto found = co_await asio::co_spawn(other, look(of), asio::use_awaitable);
            co_return found;
        };
        auto const without = co_await compare(db, lost);
        BOOST_TEST(without.stood_alone());
        reaching const kept = [&](database of) -> asio::awaitable<place> {
            auto const carried = co_await copg::inherit(other);
            auto found = co_await asio::co_spawn(carried, look(of), asio::use_awaitable);
            co_return found;
        };
        auto const with = co_await compare(db, kept);
        BOOST_TEST(with.joined());
    }
    threads.join();
}

COPG_COROUTINE_TEST(a_strand_over_an_inherited_executor_carries_the_scope_too) {
    reach_fixture f;
    auto const db = co_await f.open();
    asio::thread_pool threads{2};
    reaching const kept = [&](database of) -> asio::awaitable<place> {
        auto const carried = co_await copg::inherit(threads.get_executor());
        auto const strand = asio::make_strand(carried);
        auto found = co_await asio::co_spawn(strand, look_deeper(of, 2), asio::use_awaitable);
        co_return found;
    };
    auto const with = co_await compare(db, kept);
    BOOST_TEST(with.joined());
    threads.join();
}

COPG_COROUTINE_TEST(inherit_outside_of_a_scope_leaves_the_executor_as_it_is) {
    asio::thread_pool threads{1};
    asio::any_io_executor const other = threads.get_executor();
    auto const same = co_await copg::inherit(other);
    BOOST_TEST((same == other));
}

COPG_COROUTINE_TEST(leave_scope_and_without_transaction_lead_out_of_it) {
    reach_fixture f;
    auto const db = co_await f.open();
    reaching const left = [](database of) -> asio::awaitable<place> {
        auto const outside = copg::leave_scope(co_await asio::this_coro::executor);
        auto found = co_await asio::co_spawn(outside, look(of), asio::use_awaitable);
        co_return found;
    };
    auto const spawned = co_await compare(db, left);
    BOOST_TEST(spawned.stood_alone());

    reaching const off_strand = [](database of) -> asio::awaitable<place> {
        auto const strand = asio::make_strand(co_await asio::this_coro::executor);
        auto const outside = copg::leave_scope(strand);
        auto found = co_await asio::co_spawn(outside, look(of), asio::use_awaitable);
        co_return found;
    };
    auto const stranded = co_await compare(db, off_strand);
    BOOST_TEST(stranded.stood_alone());

    reaching const hidden = [](database of) -> asio::awaitable<place> {
        auto const alone = [&]() { return look_deeper(of, 2); };
        auto found = co_await copg::without_transaction(alone);
        co_return found;
    };
    auto const apart = co_await compare(db, hidden);
    BOOST_TEST(apart.stood_alone());
}

COPG_COROUTINE_TEST(a_transaction_begun_outside_of_the_scope_is_another_one) {
    reach_fixture f;
    auto const db = co_await f.open();
    reaching const apart = [](database of) -> asio::awaitable<place> {
        auto const inner = [&]() -> asio::awaitable<place> {
            co_await add(of, 2'000);
            auto found = co_await look(of);
            co_await of.execute("delete from item where id = 2000");
            co_return found;
        };
        auto const begun = [&]() { return transaction(of, inner); };
        auto found = co_await copg::without_transaction(begun);
        co_return found;
    };
    auto const seen = co_await compare(db, apart);
    BOOST_TEST(std::get<0>(seen.own) != std::get<0>(seen.reached));
    BOOST_TEST(std::get<1>(seen.reached).has_value());
    BOOST_TEST((std::get<1>(seen.own) != std::get<1>(seen.reached)));
}

COPG_COROUTINE_TEST(current_transaction_finds_what_a_statement_would_join) {
    reach_fixture f;
    auto const db = co_await f.open();
    auto const other = co_await f.open("other");
    auto const loop = co_await asio::this_coro::executor;
    auto const is_there = [](database of) -> asio::awaitable<bool> {
        auto const by_handle = co_await copg::current_transaction(of);
        auto const by_name = co_await copg::current_transaction(of.key().text);
        BOOST_TEST(by_handle.has_value() == by_name.has_value());
        co_return by_handle.has_value();
    };
    auto const body = [&]() -> asio::awaitable<void> {
        auto const here = co_await is_there(db);
        BOOST_TEST(here);
        auto const of_other = co_await is_there(other);
        BOOST_TEST(!of_other);
        auto const ask = [&]() { return is_there(db); };
        auto const hidden = co_await copg::without_transaction(ask);
        BOOST_TEST(!hidden);
        auto const lost = co_await asio::co_spawn(loop, is_there(db), asio::use_awaitable);
        BOOST_TEST(!lost);
        auto const carried = co_await copg::inherit(loop);
        auto const kept = co_await asio::co_spawn(carried, is_there(db), asio::use_awaitable);
        BOOST_TEST(kept);
    };
    co_await transaction(db, body);
    auto const outside = co_await is_there(db);
    BOOST_TEST(!outside);
}

COPG_COROUTINE_TEST(scopes_of_several_names_go_along_side_by_side) {
    reach_fixture f;
    auto const one = co_await f.open("one", "a");
    auto const two = co_await f.open("two", "b");
    auto const inner = [&]() -> asio::awaitable<void> {
        co_await add(one, 11);
        co_await add(two, 11);
        auto const of_one = co_await look(one);
        auto const of_two = co_await look(two);
        BOOST_TEST(std::get<0>(of_one) != std::get<0>(of_two));
        BOOST_TEST((std::get<1>(of_one) != std::get<1>(of_two)));
        auto const inside = co_await asio::this_coro::executor;
        auto const strand = asio::make_strand(inside);
        auto const one_again = co_await asio::co_spawn(strand, look(one), asio::use_awaitable);
        auto const two_again = co_await asio::co_spawn(strand, look(two), asio::use_awaitable);
        BOOST_TEST((one_again == of_one));
        BOOST_TEST((two_again == of_two));
    };
    auto const outer = [&]() { return transaction("two", inner); };
    co_await transaction("one", outer);
}

COPG_COROUTINE_TEST(two_names_on_one_connection_string_are_two_transactions) {
    reach_fixture f;
    auto routes = co_await make_manager();
    routes.set_named("orders", {.dsn = f.scratch.dsn(), .schema = "a"});
    routes.set_named("audit", {.dsn = f.scratch.dsn(), .schema = "a"});
    auto const orders = routes.named("orders");
    auto const audit = routes.named("audit");
    BOOST_TEST((orders.pool() == audit.pool()));
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(orders, 11);
        auto const of_orders = co_await look(orders);
        auto const of_audit = co_await look(audit);
        BOOST_TEST(std::get<0>(of_orders) != std::get<0>(of_audit));
        BOOST_TEST(!std::get<1>(of_audit));
        auto const seen = co_await count(audit);
        BOOST_TEST(seen == 10);
        co_await add(audit, 12); // stands alone
        throw oops{};
    };
    auto const end = co_await end_of(transaction("orders", body));
    BOOST_TEST(static_cast<bool>(end.code));
    auto const ids = co_await audit.fetch<int>("select id from item where id > 10");
    BOOST_TEST(ids == std::vector{12}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(a_tenant_and_a_name_of_the_same_text_are_not_the_same_scope) {
    reach_fixture f;
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = f.scratch.dsn(), .schema = "a"});
    routes.set_named("acme", {.dsn = f.scratch.dsn(), .schema = "a"});
    auto const tenant = routes.tenant("acme");
    auto const named = routes.named("acme");
    auto const as_tenant = [&]() -> asio::awaitable<void> {
        co_await add(tenant, 11);
        auto const of_tenant = co_await look(tenant);
        auto const of_name = co_await look(named);
        BOOST_TEST(std::get<0>(of_tenant) != std::get<0>(of_name));
        BOOST_TEST(!std::get<1>(of_name));
        auto const found = co_await copg::current_transaction("acme");
        BOOST_TEST(!found.has_value());
    };
    co_await transaction(tenant, as_tenant);
    auto const as_name = [&]() -> asio::awaitable<void> {
        co_await add(named, 12);
        auto const of_name = co_await look(named);
        auto const of_tenant = co_await look(tenant);
        BOOST_TEST(std::get<0>(of_tenant) != std::get<0>(of_name));
        BOOST_TEST(!std::get<1>(of_tenant));
    };
    co_await transaction("acme", as_name);
}

COPG_COROUTINE_TEST(every_handle_of_a_tenant_joins_wherever_it_was_made) {
    reach_fixture f;
    auto routes = co_await make_manager();
    routes.set_tenant("acme", {.dsn = f.scratch.dsn(), .schema = "a"});
    auto const before = routes.tenant("acme");
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(before, 11);
        auto const own = co_await look(before);
        auto const inside = co_await look(routes.tenant("acme"));
        BOOST_TEST((own == inside));
        auto const lent = co_await routes.acquire_tenant("acme");
        auto const of_lent = co_await lent.fetch_one<place>(where_am_i);
        BOOST_TEST((of_lent == own));
        auto const apart = co_await before.pool().acquire(before.session());
        auto const of_pool = co_await apart.fetch_one<place>(where_am_i);
        BOOST_TEST(std::get<0>(of_pool) != std::get<0>(own));
    };
    co_await transaction(routes.tenant("acme"), body);
}

COPG_COROUTINE_TEST(handles_without_a_name_join_scopes_of_the_same_pool_and_session) {
    reach_fixture f;
    co_await f.open();
    database const first{*f.shared, session{"a"}};
    database const same{*f.shared, session{"a"}};
    database const other{*f.shared, session{"b"}};
    reaching const by_same = [&](database) { return look(same); };
    auto const joined = co_await compare(first, by_same);
    BOOST_TEST(joined.joined());
    reaching const by_other = [&](database) { return look(other); };
    auto const apart = co_await compare(first, by_other);
    BOOST_TEST(apart.stood_alone());
    auto const executor = co_await asio::this_coro::executor;
    database const elsewhere{copg::pool{executor, f.shared->target()}, session{"a"}};
    reaching const by_elsewhere = [&](database) { return look(elsewhere); };
    auto const other_pool = co_await compare(first, by_elsewhere);
    BOOST_TEST(other_pool.stood_alone());
}

COPG_COROUTINE_TEST(a_scope_object_runs_in_its_transaction_wherever_it_is_taken) {
    reach_fixture f;
    auto const db = co_await f.open();
    asio::thread_pool threads{1};
    auto const ask = [](copg::transaction_scope scope) -> asio::awaitable<place> {
        auto found = co_await scope.fetch_one<place>(where_am_i);
        co_return found;
    };
    auto const body = [&](copg::transaction_scope scope) -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const own = co_await look(db);
        auto const there = co_await asio::co_spawn(threads, ask(scope), asio::use_awaitable);
        BOOST_TEST((there == own));
        auto const hidden = [&]() { return ask(scope); };
        auto const outside = co_await copg::without_transaction(hidden);
        BOOST_TEST((outside == own));
    };
    co_await transaction(db, body);
    threads.join();
}

COPG_COROUTINE_TEST(what_outlives_a_savepoint_is_over_with_it_though_the_transaction_goes_on) {
    reach_fixture f;
    auto const db = co_await f.open();
    auto const savepoint = copg::transaction_options{}.nesting(copg::nesting::savepoint);
    auto over = false;
    ending late;
    auto const straggler = [&]() -> asio::awaitable<void> {
        co_await eventually([&] { return over; });
        auto end = co_await end_of(add(db, 50));
        late = std::move(end);
    };
    auto const inner = [&]() -> asio::awaitable<void> {
        co_await add(db, 12);
        auto const inside = co_await asio::this_coro::executor;
        asio::co_spawn(inside, straggler, asio::detached);
    };
    auto const outer = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        co_await transaction(db, inner, savepoint);
        over = true;
        co_await eventually([&] { return static_cast<bool>(late.code); });
        co_await add(db, 13);
    };
    co_await transaction(db, outer);
    BOOST_TEST((late.code == errc::scope_ended), late.message);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 13);
}

COPG_COROUTINE_TEST(what_left_the_scope_outlives_it) {
    reach_fixture f;
    auto const db = co_await f.open();
    auto over = false;
    std::optional<ending> late;
    auto const survivor = [&]() -> asio::awaitable<void> {
        co_await eventually([&] { return over; });
        auto end = co_await end_of(add(db, 50));
        late = std::move(end);
    };
    auto const body = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        auto const outside = copg::leave_scope(co_await asio::this_coro::executor);
        asio::co_spawn(outside, survivor, asio::detached);
    };
    co_await transaction(db, body);
    over = true;
    co_await eventually([&] { return late.has_value(); });
    BOOST_TEST(!late->code, late->message);
    auto const rows = co_await count(db);
    BOOST_TEST(rows == 12);
}

COPG_COROUTINE_TEST(a_sibling_waits_while_one_is_in_a_savepoint) {
    reach_fixture f;
    auto const db = co_await f.open();
    auto const savepoint = copg::transaction_options{}.nesting(copg::nesting::savepoint);
    std::vector<std::string> order;
    auto entered = false;
    auto const inner = [&]() -> asio::awaitable<void> {
        co_await add(db, 11);
        entered = true;
        for (int i = 0; i < 5; ++i)
            co_await yield();
        order.emplace_back("savepoint");
        throw oops{};
    };
    auto const in_savepoint = [&]() -> asio::awaitable<void> {
        co_await end_of(transaction(db, inner, savepoint));
    };
    auto const sibling = [&]() -> asio::awaitable<void> {
        co_await eventually([&] { return entered; });
        co_await add(db, 12);
        order.emplace_back("sibling");
    };
    auto const body = [&]() -> asio::awaitable<void> { co_await (in_savepoint() && sibling()); };
    co_await transaction(db, body);
    BOOST_TEST(order == (std::vector<std::string>{"savepoint", "sibling"}),
               boost::test_tools::per_element());
    auto const ids = co_await db.fetch<int>("select id from item where id > 10");
    BOOST_TEST(ids == std::vector{12}, boost::test_tools::per_element());
}

// Each scope on a strand of its own; the statements of its children on any thread.
BOOST_AUTO_TEST_CASE(scopes_on_several_threads_keep_their_statements_together) {
    scratch_database const scratch;
    make_two_tenants(scratch);
    asio::thread_pool threads{3};
    copg::pool const shared{threads.get_executor(), copg::connect_options{scratch.dsn()}, [] {
                                copg::pool_options options;
                                options.maximum = 3;
                                return options;
                            }()};
    database const db{shared, session{"a"}, scope_key{scope_key::kind::named, "main-db"}};
    std::atomic<int> apart = 0;
    std::atomic<int> joined = 0;
    auto const body = [&](int id) -> asio::awaitable<void> {
        co_await add(db, id);
        auto const own = co_await look(db);
        place first;
        place second;
        co_await (look_into(db, first) && look_into(db, second));
        auto const carried = co_await copg::inherit(threads.get_executor());
        auto const elsewhere = co_await asio::co_spawn(carried, look(db), asio::use_awaitable);
        for (auto const& each : {first, second, elsewhere})
            ++(each == own ? joined : apart);
    };
    auto const scope = [&](int id) -> asio::awaitable<void> {
        auto const running = [&body, id]() { return body(id); };
        co_await transaction(db, running);
    };
    constexpr int scopes = 24;
    std::vector<std::future<void>> running;
    for (int i = 0; i < scopes; ++i)
        running.push_back(
            asio::co_spawn(asio::make_strand(threads), scope(100 + i), asio::use_future));
    for (auto& each : running)
        each.get();
    BOOST_TEST(joined == 3 * scopes);
    BOOST_TEST(apart == 0);
    BOOST_TEST(scratch.text("select count(*)::text from a.item") == std::to_string(10 + scopes));
    shared.close();
    threads.join();
}

BOOST_AUTO_TEST_SUITE_END()
