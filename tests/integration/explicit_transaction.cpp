// SPDX-License-Identifier: BSL-1.0
#include "support/transactions.hpp"

#include <copg/driver/connection.hpp>

using namespace copg::test;
using copg::errc;
using copg::explicit_transaction;
using copg::lease;
using copg::session;
using copg::sqlstate;
using copg::transaction_modes;

BOOST_AUTO_TEST_SUITE(test_explicit_transaction)

COPG_COROUTINE_TEST(what_is_committed_is_kept_and_what_is_rolled_back_is_not) {
    transaction_fixture f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    auto first = co_await held.begin();
    BOOST_TEST(first.is_open());
    co_await add_effect(first, "committed");
    BOOST_TEST(f.kept().empty());
    co_await first.commit();
    BOOST_TEST(!first.is_open());
    auto second = co_await held.begin();
    co_await add_effect(second, "rolled back");
    co_await second.rollback();
    BOOST_TEST(f.kept() == names{"committed"}, boost::test_tools::per_element());
    auto const inside = co_await is_in_transaction(held);
    BOOST_TEST(!inside);
}

COPG_COROUTINE_TEST(every_query_function_runs_the_same_on_a_connection_a_lease_and_in_between) {
    transaction_fixture const f;
    auto const c = co_await copg::connection::connect(copg::connect_options{f.scratch.dsn()});
    co_await check_every_query_function(c);
    BOOST_TEST(f.kept() == all_effects<copg::connection>(), boost::test_tools::per_element());
    f.scratch.execute({"truncate effect"});
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire(session{"public"});
    co_await check_every_query_function(held);
    BOOST_TEST(f.kept() == all_effects<lease>(), boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(every_query_function_is_part_of_the_transaction_that_it_runs_in) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    std::vector<session> const sessions{session{}, session{"public"}};
    for (auto const& bound_to : sessions) {
        auto const held = co_await shared.acquire(bound_to);
        auto undone = co_await held.begin();
        co_await check_every_query_function(undone);
        co_await undone.rollback();
        BOOST_TEST(f.kept().empty());
        auto inner = co_await held.begin();
        {
            auto part = co_await inner.savepoint();
            co_await check_every_query_function(part);
            co_await part.rollback();
        }
        co_await check_every_query_function(inner);
        BOOST_TEST(f.kept().empty());
        co_await inner.commit();
        BOOST_TEST(f.kept() == all_effects<explicit_transaction>(),
                   boost::test_tools::per_element());
        f.scratch.execute({"truncate effect"});
    }
}

COPG_COROUTINE_TEST(the_modes_of_a_transaction_are_those_it_was_begun_with) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire(session{"public"});
    auto const modes = transaction_modes{}.isolation(copg::isolation::serializable).read_only();
    auto reading = co_await held.begin(modes);
    auto const level =
        co_await reading.fetch_one<std::string>("select current_setting('transaction_isolation')");
    BOOST_TEST(level == "serializable");
    auto const end = co_await end_of(add_effect(reading, "written"));
    BOOST_TEST((end.code == sqlstate::read_only_sql_transaction));
    co_await reading.rollback();
    auto outer = co_await held.begin();
    auto const inside = co_await end_of(held.begin(modes));
    BOOST_TEST((inside.code == errc::scope_conflict));
    BOOST_TEST(inside.message.find("serializable") != std::string::npos, inside.message);
    co_await outer.commit();
}

COPG_COROUTINE_TEST(a_session_holds_in_the_whole_transaction_and_behind_a_savepoint) {
    scratch_database const scratch;
    make_two_tenants(scratch);
    auto const shared = co_await make_pool(scratch.dsn(), at_most(1));
    auto const held = co_await shared.acquire("b");
    auto outer = co_await held.begin();
    auto inner = co_await outer.savepoint();
    co_await inner.rollback();
    auto const owner =
        co_await outer.fetch_first<std::string>("select owner from item order by id");
    BOOST_TEST(owner == "b");
    co_await outer.commit();
}

COPG_COROUTINE_TEST(what_is_begun_in_a_transaction_is_a_savepoint_whoever_began_that) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    {
        auto outer = co_await held.begin();
        auto inner = co_await held.begin();
        co_await add_effect(inner, "inner");
        co_await inner.commit();
        BOOST_TEST(f.kept().empty());
        co_await outer.rollback();
    }
    co_await held.execute("begin");
    auto inner = co_await held.begin();
    co_await add_effect(inner, "undone");
    co_await inner.rollback();
    auto next = co_await held.begin();
    co_await add_effect(next, "kept");
    co_await next.commit();
    BOOST_TEST(f.kept().empty());
    co_await held.execute("commit");
    BOOST_TEST(f.kept() == names{"kept"}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(a_savepoint_keeps_the_outer_transaction_from_failing) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    auto outer = co_await held.begin();
    co_await add_effect(outer, "outer");
    auto inner = co_await outer.savepoint();
    auto const twice = co_await end_of(add_effect(inner, "outer"));
    BOOST_TEST((twice.code == sqlstate::unique_violation));
    auto const end = co_await end_of(inner.commit());
    BOOST_TEST((end.code == errc::transaction_aborted));
    auto second = co_await outer.savepoint();
    auto third = co_await second.savepoint();
    co_await add_effect(third, "third");
    co_await third.commit();
    co_await second.commit();
    co_await outer.commit();
    BOOST_TEST((f.kept() == names{"outer", "third"}));
}

COPG_COROUTINE_TEST(a_commit_that_the_server_answers_with_rollback_is_transaction_aborted) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    auto begun = co_await held.begin();
    co_await add_effect(begun, "lost");
    auto const failed = co_await end_of(begun.execute("select 1 / 0"));
    BOOST_TEST((failed.code == sqlstate::division_by_zero));
    auto const end = co_await end_of(begun.commit());
    BOOST_TEST((end.code == errc::transaction_aborted));
    BOOST_TEST(!begun.is_open());
    BOOST_TEST(f.kept().empty());
    co_await held.ping();
}

COPG_COROUTINE_TEST(a_deferred_constraint_that_fails_at_commit_reaches_who_commits) {
    transaction_fixture const f;
    f.scratch.execute({"create table once (i int unique deferrable initially deferred)",
                       "insert into once values (1)"});
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    auto begun = co_await held.begin();
    co_await begun.execute("insert into once values (1)");
    auto const end = co_await end_of(begun.commit());
    BOOST_TEST((end.code == sqlstate::unique_violation));
    BOOST_TEST(!begun.is_open());
    auto const inside = co_await is_in_transaction(held);
    BOOST_TEST(!inside);
}

BOOST_AUTO_TEST_SUITE_END()
