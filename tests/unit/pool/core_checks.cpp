// SPDX-License-Identifier: BSL-1.0
// Signs of life, and reports of long uses.
#include "support/scripted_core.hpp"

using namespace copg::test;
using copg::close_reason;

BOOST_AUTO_TEST_SUITE(test_pool_core_checks)

BOOST_AUTO_TEST_CASE(idle_connections_are_asked_for_a_sign_of_life_in_rounds) {
    auto options = pool_at_rest(8);
    options.health_interval = 30s;
    scripted_core pool{options};
    pool.fill_idle(8);
    pool.pass(15s);
    BOOST_TEST(pool.core.next_to_check(pool.now) == nullptr); // none is due
    pool.pass(15s);
    std::vector<pool_slot*> asked;
    while (auto* const slot = pool.core.next_to_check(pool.now))
        asked.push_back(slot);
    BOOST_TEST(asked.size() == 2u); // the others stay available
    BOOST_TEST(pool.statistics().closing == 2u);
    BOOST_TEST(pool.statistics().idle == 6u);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        BOOST_TEST(!pool.core.check_ended(*asked[i], pool.now).has_value());
        while (auto* const slot = pool.core.next_to_check(pool.now))
            asked.push_back(slot);
    }
    BOOST_TEST(asked.size() == 8u); // each once
    BOOST_TEST(pool.statistics().checks == 8u);
    pool.pass(15s);
    BOOST_TEST(pool.core.next_to_check(pool.now) == nullptr);
}

BOOST_AUTO_TEST_CASE(what_was_used_of_late_needs_no_check_and_what_does_not_answer_goes) {
    auto options = pool_at_rest(2);
    options.health_interval = 30s;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(2);
    pool.pass(15s);
    auto* const used = pool.take();
    BOOST_TEST(used == slots[1]);
    pool.give(*used);
    pool.pass(15s);
    BOOST_TEST(pool.core.next_to_check(pool.now) == slots[0]);
    BOOST_TEST(pool.core.next_to_check(pool.now) == nullptr);
    pool.core.check_failed(*slots[0]);
    pool.core.remove(*slots[0], close_reason::unusable, pool.now);
    BOOST_TEST(pool.statistics().open == 1u);
    BOOST_TEST(pool.statistics().closed(close_reason::unusable) == 1u);
    pool.pass(15s);
    BOOST_TEST(pool.core.next_to_check(pool.now) == used); // the next round is not disturbed
}

BOOST_AUTO_TEST_CASE(whoever_gave_no_sign_for_longest_is_asked_first) {
    auto options = pool_at_rest(3);
    options.health_interval = 30s;
    scripted_core pool{options};
    auto const slots = pool.fill(3);
    for (auto const i : {1u, 2u, 0u}) {
        pool.now += 1s;
        pool.give(*slots[i]);
    }
    pool.pass(15s);
    pool.pass(30s);
    for (auto const i : {1u, 2u, 0u}) {
        auto* const asked = pool.core.next_to_check(pool.now);
        BOOST_TEST(asked == slots[i]);
        pool.core.check_ended(*asked, pool.now);
    }
}

BOOST_AUTO_TEST_CASE(a_connection_is_as_long_unused_after_its_check_as_before) {
    auto options = pool_at_rest(2);
    options.health_interval = 30s;
    options.lifetime = 1h;
    scripted_core pool{options};
    auto const slots = pool.fill_idle(2);
    auto const since = slots[0]->since;
    pool.pass(30s);
    auto* const asked = pool.core.next_to_check(pool.now);
    pool.core.check_ended(*asked, pool.now);
    BOOST_TEST((asked->since == since));
    BOOST_TEST((asked->last_sign == pool.now));
    auto* const again = pool.core.next_to_check(pool.now);
    pool.core.refresh(); // while it is asked
    BOOST_TEST((pool.core.check_ended(*again, pool.now) == close_reason::refreshed));
}

BOOST_AUTO_TEST_CASE(a_round_of_checks_leaves_the_order_of_use_as_it_was) {
    auto options = pool_at_rest(5);
    options.health_interval = 30s;
    scripted_core pool{options};
    auto const slots = pool.fill(5);
    for (auto* const slot : slots) {
        pool.now += 1s;
        pool.give(*slot, slot != slots[2]);
    }
    pool.pass(15s);
    pool.pass(20s);
    auto* const used = pool.take();
    pool.give(*used);
    pool.pass(15s);
    int checked = 0;
    for (; auto* const slot = pool.core.next_to_check(pool.now); ++checked)
        pool.core.check_ended(*slot, pool.now);
    BOOST_TEST(used == slots[4]);
    BOOST_TEST(checked == 4);
    for (auto const i : {4u, 3u, 2u, 1u, 0u}) { // waiters get the last used, clean or not
        pool.wait();
        BOOST_TEST(pool.grant()->granted == slots[i]);
    }
}

BOOST_AUTO_TEST_CASE(checks_are_due_though_all_were_in_use_when_it_was_last_asked) {
    auto options = pool_at_rest(1);
    options.health_interval = 30s;
    scripted_core pool{options};
    auto const slots = pool.fill(1);
    auto const next = pool.core.next_event();
    BOOST_TEST_REQUIRE(next.has_value());
    pool.give(*slots[0]); // and nobody asks what follows from that
    BOOST_TEST((*next == pool.now + 15s));
}

BOOST_AUTO_TEST_CASE(a_long_use_is_reported_once) {
    auto options = pool_at_rest(3);
    options.leak_threshold = 10s;
    scripted_core pool{options};
    auto const slots = pool.fill(2);
    pool.give(*slots[1]);
    pool.pass(5s);
    auto* const later = pool.take();
    pool.pass(5s);
    BOOST_TEST(pool.core.next_to_report(pool.now) == slots[0]);
    BOOST_TEST(pool.core.next_to_report(pool.now) == nullptr);
    BOOST_TEST((*pool.core.next_event() == pool.now + 5s));
    pool.now += 5s;
    BOOST_TEST(pool.core.next_to_report(pool.now) == nullptr); // looked for at its time
    pool.core.tick(pool.now);
    BOOST_TEST(pool.core.next_to_report(pool.now) == later);
    BOOST_TEST(pool.core.next_to_report(pool.now) == nullptr);
    pool.run_for(1min);
    BOOST_TEST(pool.core.next_to_report(pool.now) == nullptr);
    pool.give(*slots[0]);
    BOOST_TEST(pool.take() == slots[0]);
    pool.pass(15s);
    BOOST_TEST(pool.core.next_to_report(pool.now) == slots[0]); // another use, another report
    BOOST_TEST(pool.statistics().long_leases == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
