// SPDX-License-Identifier: BSL-1.0
// Explicit transactions that end otherwise than by their commit() or rollback().
#include "support/transactions.hpp"

using namespace copg::test;
using copg::errc;
using copg::session;
using copg::sqlstate;

BOOST_AUTO_TEST_SUITE(test_explicit_transaction_ends)

COPG_COROUTINE_TEST(a_transaction_that_has_ended_refuses_everything_and_says_why) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    auto begun = co_await held.begin();
    co_await begun.commit();
    auto const used = co_await end_of(begun.ping());
    BOOST_TEST((used.code == errc::scope_ended));
    BOOST_TEST(used.message.find("the transaction is over") != std::string::npos);
    auto const streamed = co_await end_of(begun.stream<int>("select 1"));
    BOOST_TEST((streamed.code == errc::scope_ended));
    auto const again = co_await end_of(begun.commit());
    BOOST_TEST((again.code == errc::scope_ended));
    auto const back = co_await end_of(begun.rollback());
    BOOST_TEST((back.code == errc::scope_ended));
    auto const inside = co_await end_of(begun.savepoint());
    BOOST_TEST((inside.code == errc::scope_ended));
}

COPG_COROUTINE_TEST(the_end_of_an_outer_transaction_ends_those_inside) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    auto outer = co_await held.begin();
    auto inner = co_await outer.savepoint();
    co_await add_effect(inner, "inner");
    co_await outer.commit();
    BOOST_TEST(!inner.is_open());
    auto const late = co_await end_of(inner.rollback());
    BOOST_TEST((late.code == errc::scope_ended));
    BOOST_TEST(f.kept() == names{"inner"}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(one_that_is_destroyed_is_rolled_back_before_the_next_statement) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    {
        auto const left = co_await held.begin();
        co_await add_effect(left, "left");
    }
    co_await add_effect(held, "next");
    BOOST_TEST(f.kept() == names{"next"}, boost::test_tools::per_element());
    BOOST_TEST(shared.statistics().transactions_left_open == 0u);
}

COPG_COROUTINE_TEST(one_that_is_destroyed_inside_leaves_the_outer_ones_nothing_but_rollback) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    auto outer = co_await held.begin();
    co_await add_effect(outer, "outer");
    {
        auto const left = co_await outer.savepoint();
        co_await add_effect(left, "left");
    }
    auto const used = co_await end_of(outer.ping());
    BOOST_TEST((used.code == errc::transaction_aborted));
    auto const begun = co_await end_of(held.begin());
    BOOST_TEST((begun.code == errc::transaction_aborted));
    BOOST_TEST(outer.is_open());
    auto const end = co_await end_of(outer.commit());
    BOOST_TEST((end.code == errc::transaction_aborted));
    BOOST_TEST(!outer.is_open());
    BOOST_TEST(f.kept().empty());
    auto const inside = co_await is_in_transaction(held);
    BOOST_TEST(!inside);
}

COPG_COROUTINE_TEST(one_that_is_destroyed_inside_raw_begin_is_undone_by_itself) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire(session{"public"});
    co_await held.execute("begin");
    co_await add_effect(held, "outer");
    {
        auto const left = co_await held.begin();
        co_await add_effect(left, "left");
    }
    co_await held.execute("commit");
    BOOST_TEST(f.kept() == names{"outer"}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(control_as_sql_text_is_refused_inside_and_ends_it_on_the_lease) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    auto begun = co_await held.begin();
    for (auto const* sql : {"begin", "commit", "rollback", "end", "abort"}) {
        auto const refused = co_await end_of(begun.execute(sql));
        BOOST_TEST((refused.code == errc::unsupported_statement), sql);
    }
    co_await held.execute("commit");
    auto const over = co_await end_of(add_effect(begun, "alone"));
    BOOST_TEST((over.code == errc::scope_ended));
    auto second = co_await held.begin();
    co_await second.execute_script("commit");
    auto const ended = co_await end_of(add_effect(second, "alone"));
    BOOST_TEST((ended.code == errc::transaction_aborted));
    auto const end = co_await end_of(second.commit());
    BOOST_TEST((end.code == errc::transaction_aborted));
    BOOST_TEST(f.kept().empty());
}

COPG_COROUTINE_TEST(a_lease_given_back_with_an_open_transaction_is_rolled_back_and_reported) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    std::int64_t left = 0;
    auto const line = __LINE__ + 1;
    auto held = co_await shared.acquire(session{"public"});
    auto const pid = held.backend_pid();
    auto begun = co_await held.begin();
    co_await add_effect(begun, "left");
    left = co_await begun.fetch_one<std::int64_t>("select txid_current()");
    held.release();
    BOOST_TEST(!begun.is_open());
    BOOST_TEST_REQUIRE(f.seen->lines.size() == 1u);
    BOOST_TEST(f.seen->lines.front() == static_cast<unsigned>(line));
    BOOST_TEST(f.seen->pids.front() == pid);
    BOOST_TEST(f.seen->sessions.front() == "schema \"public\"");
    BOOST_TEST(shared.statistics().transactions_left_open == 1u);
    auto const next = co_await shared.acquire();
    BOOST_TEST(next.backend_pid() == pid, "the connection is used again");
    auto const late = co_await end_of(begun.ping());
    BOOST_TEST((late.code == errc::scope_ended));
    auto const other = co_await next.fetch_one<std::int64_t>("select txid_current()");
    BOOST_TEST(other != left);
    auto const inside = co_await is_in_transaction(next);
    BOOST_TEST(!inside);
    BOOST_TEST(f.kept().empty());
}

COPG_COROUTINE_TEST(a_failed_transaction_and_a_destroyed_one_are_reported_too) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    {
        auto const held = co_await shared.acquire();
        co_await held.execute("begin");
        auto const failed = co_await end_of(held.execute("select 1 / 0"));
        BOOST_TEST((failed.code == sqlstate::division_by_zero));
    }
    BOOST_TEST(f.seen->lines.size() == 1u);
    {
        auto const held = co_await shared.acquire();
        auto const left = co_await held.begin();
        co_await add_effect(left, "left");
    }
    BOOST_TEST(f.seen->lines.size() == 2u);
    auto const next = co_await shared.acquire();
    co_await next.ping();
    BOOST_TEST(f.kept().empty());
}

COPG_COROUTINE_TEST(a_lease_may_be_moved_while_a_transaction_is_open) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto held = co_await shared.acquire();
    auto begun = co_await held.begin();
    auto const moved = std::move(held);
    co_await add_effect(begun, "moved");
    auto last = std::move(begun);
    BOOST_TEST(!begun.is_open());
    auto const used = co_await end_of(begun.ping());
    BOOST_TEST((used.code == errc::scope_ended));
    co_await last.commit();
    BOOST_TEST(f.kept() == names{"moved"}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(an_end_while_a_stream_is_open_is_refused_and_leaves_it_open) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    auto const held = co_await shared.acquire();
    auto begun = co_await held.begin();
    co_await add_effect(begun, "kept");
    {
        auto rows = co_await begun.stream<int>("select generate_series(1, 3)");
        auto const line = __LINE__ + 1;
        auto const busy = co_await end_of(begun.commit());
        BOOST_TEST((busy.code == errc::connection_busy));
        BOOST_TEST(busy.message.find("ends.cpp:" + std::to_string(line)) != std::string::npos,
                   busy.message);
        auto const also = co_await end_of(begun.rollback());
        BOOST_TEST((also.code == errc::connection_busy));
        for (auto more = true; more;) {
            auto const row = co_await rows.next();
            more = row.has_value();
        }
    }
    BOOST_TEST(begun.is_open());
    co_await begun.commit();
    BOOST_TEST(f.kept() == names{"kept"}, boost::test_tools::per_element());
}

COPG_COROUTINE_TEST(a_begin_that_fails_leaves_nothing_open) {
    transaction_fixture const f;
    auto const shared = co_await f.make_pool();
    {
        auto const held = co_await shared.acquire(session{"missing"});
        auto const end = co_await end_of(held.begin());
        BOOST_TEST((end.code == sqlstate::invalid_schema_name));
    }
    BOOST_TEST(f.seen->lines.empty());
    auto const next = co_await shared.acquire();
    auto const inside = co_await is_in_transaction(next);
    BOOST_TEST(!inside);
    auto released = co_await end_of(copg::lease{}.begin());
    BOOST_TEST((released.code == errc::lease_released));
}

BOOST_AUTO_TEST_SUITE_END()
