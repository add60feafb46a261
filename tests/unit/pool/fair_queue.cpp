// SPDX-License-Identifier: BSL-1.0
#include "pool/fair_queue.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <string>

using copg::pool_options;
using copg::session;
using copg::detail::fair_queue;
using copg::detail::pool_slot;
using copg::detail::pool_waiter;
using copg::detail::wait_times;

namespace {

/// A queue and slots that serve it.
struct world {
    explicit world(pool_options options = {}, std::size_t count = 1)
        : limits{std::move(options)}, queue{limits}, slots(count) {}
    ~world() {
        while (auto* const waiter = queue.oldest())
            queue.remove(*waiter);
        for (auto& slot : slots)
            queue.end_turn(slot);
    }

    pool_waiter& push(char const* tenant, bool holds = false) {
        auto& waiter = waiters.emplace_back();
        waiter.wanted = session{tenant};
        waiter.holds_connection = holds;
        queue.push(waiter, queue.tenant_of(waiter.wanted));
        return waiter;
    }
    void push_all(std::string const& tenants) {
        for (auto const tenant : tenants)
            push(std::string{tenant}.c_str());
    }
    /// Whom the slot serves next.
    std::string serve(std::size_t slot = 0) {
        auto* const waiter = queue.next(slots[slot]);
        if (waiter == nullptr)
            return "";
        auto const tenant = std::string{waiter->wanted.fairness_key()};
        queue.tidy(*waiter->tenant);
        return tenant;
    }
    std::string serve_all() {
        std::string order;
        for (auto next = serve(); !next.empty(); next = serve())
            order += next;
        return order;
    }

    pool_options const limits;
    fair_queue queue;
    std::vector<pool_slot> slots;
    std::deque<pool_waiter> waiters;
};

pool_options with_quantum(std::size_t quantum) {
    pool_options made;
    made.fairness_quantum = quantum;
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_fair_queue)

BOOST_AUTO_TEST_CASE(within_a_tenant_it_is_first_come_first_served) {
    world w;
    std::vector<pool_waiter*> expected;
    for (int i = 0; i < 5; ++i)
        expected.push_back(&w.push("a"));
    for (auto* const waiter : expected)
        BOOST_TEST(w.queue.next(w.slots[0]) == waiter);
    BOOST_TEST(w.queue.next(w.slots[0]) == nullptr);
    BOOST_TEST(w.queue.size() == 0u);
}

BOOST_AUTO_TEST_CASE(with_a_quantum_of_one_tenants_take_turns_however_many_of_each_wait) {
    world w{with_quantum(1), 2};
    w.push_all("aaaaaabbbccc");
    std::string order;
    for (std::size_t i = 0; i < 12; ++i)
        order += w.serve(i % 2); // no slot stays with a tenant for long
    for (auto const tenant : {'a', 'b', 'c'})
        BOOST_TEST(std::count(order.begin(), order.begin() + 6, tenant) <= 3);
    BOOST_TEST(std::count(order.begin(), order.begin() + 9, 'a') <= 4);
}

BOOST_AUTO_TEST_CASE(a_connection_stays_with_its_tenant_for_the_quantum_and_then_goes_on) {
    world w{with_quantum(3)};
    w.push_all("ab"); // both have waited before from here on
    std::string order;
    for (int i = 0; i < 24; ++i) {
        w.push_all("ab");
        order += w.serve();
    }
    auto longest = 0;
    auto run = 0;
    auto switches = 0;
    for (std::size_t i = 1; i < order.size(); ++i) {
        run = order[i] == order[i - 1] ? run + 1 : 0;
        longest = std::max(longest, run + 1);
        switches += order[i] == order[i - 1] ? 0 : 1;
    }
    BOOST_TEST(longest >= 3);
    BOOST_TEST(longest <= 8); // a quantum ahead of the other, from a quantum behind
    BOOST_TEST(switches >= 2);
    BOOST_TEST(switches <= 8);
}

BOOST_AUTO_TEST_CASE(a_tenant_that_did_not_wait_gets_the_next_connection_that_is_freed) {
    world w{with_quantum(8)};
    w.push_all("aaaaaaaaaa");
    BOOST_TEST(w.serve() == "a");
    BOOST_TEST(w.serve() == "a");
    w.push("b");
    BOOST_TEST(w.serve() == "b");
    BOOST_TEST(w.serve() == "a");
}

BOOST_AUTO_TEST_CASE(weights_are_shares_of_the_grants) {
    auto options = with_quantum(1);
    options.tenant_weights = {{"b", 2}, {"c", 5}};
    world w{options};
    std::map<std::string, int> served;
    w.push_all("aaabbbccc");
    for (int i = 0; i < 800; ++i) {
        auto const tenant = w.serve();
        ++served[tenant];
        w.push(tenant.c_str());
    }
    BOOST_TEST(std::abs(served["a"] - 100) <= 3);
    BOOST_TEST(std::abs(served["b"] - 200) <= 4);
    BOOST_TEST(std::abs(served["c"] - 500) <= 5);
}

BOOST_AUTO_TEST_CASE(what_a_tenant_used_while_nobody_waited_is_no_debt_and_a_pause_no_claim) {
    auto const order_after = [](int alone) {
        world w{with_quantum(1)};
        w.push("a");
        for (int i = 0; i < alone; ++i) {
            w.push("a");
            w.serve();
        }
        w.push_all("aabbbbbbbb");
        return w.serve_all();
    };
    BOOST_TEST(order_after(1).substr(0, 6) == order_after(1'000).substr(0, 6));

    world w{with_quantum(1)};
    w.push("b");
    for (int i = 0; i < 1'000; ++i) {
        w.push("a");
        w.push("b");
        w.serve();
        w.serve();
    }
    w.serve_all(); // nobody waits any more, but the slot remembers whom it served
    w.push_all("cccc");
    w.push_all("aaaabbbb");
    auto const order = w.serve_all().substr(0, 9);
    for (auto const tenant : {'a', 'b', 'c'})
        BOOST_TEST(std::count(order.begin(), order.end(), tenant) >= 2);
}

BOOST_AUTO_TEST_CASE(holders_come_before_all_and_their_tenants_take_turns) {
    world w;
    auto& early = w.push("a");
    auto& holder = w.push("b", true);
    auto& second = w.push("b", true);
    auto& third = w.push("c", true);
    for (auto* const expected : {&holder, &third, &second, &early})
        BOOST_TEST(w.queue.next(w.slots[0]) == expected);
}

BOOST_AUTO_TEST_CASE(anybody_can_be_removed_and_the_others_keep_their_order) {
    world w;
    auto& first = w.push("a");
    auto& second = w.push("a");
    auto& holder = w.push("a", true);
    auto& third = w.push("a");
    w.queue.remove(second);
    w.queue.remove(holder);
    BOOST_TEST(w.queue.size() == 2u);
    BOOST_TEST(w.queue.oldest() == &first);
    BOOST_TEST(w.queue.next(w.slots[0]) == &first);
    BOOST_TEST(w.queue.next(w.slots[0]) == &third);
}

BOOST_AUTO_TEST_CASE(a_tenant_at_its_maximum_waits_aside_holders_and_all) {
    pool_options options;
    options.tenant_maxima["a"] = 1;
    world w{options};
    BOOST_TEST(w.queue.charges());
    auto& first = w.push("a");
    auto& holder = w.push("a", true);
    auto& of_b = w.push("b");
    BOOST_TEST(w.queue.next(w.slots[0]) == &holder);
    w.queue.charge(*holder.tenant, {});
    BOOST_TEST(w.queue.eligible() == 1u); // b
    BOOST_TEST(w.queue.next(w.slots[0]) == &of_b);
    w.queue.tidy(*of_b.tenant);
    BOOST_TEST(w.queue.next(w.slots[0]) == nullptr);
    auto& late = w.push("a", true);
    BOOST_TEST(w.queue.eligible() == 0u);
    BOOST_TEST(w.queue.size() == 2u);
    w.queue.discharge(*holder.tenant, {});
    BOOST_TEST(w.queue.next(w.slots[0]) == &late);
    BOOST_TEST(w.queue.next(w.slots[0]) == &first);
}

BOOST_AUTO_TEST_CASE(a_waiter_that_leaves_while_its_tenant_is_at_its_maximum_was_not_eligible) {
    pool_options options;
    options.tenant_maximum = 1;
    world w{options};
    auto& user = w.push("a");
    w.queue.next(w.slots[0]);
    w.queue.charge(*user.tenant, {});
    auto& waiter = w.push("a");
    auto& other = w.push("b");
    w.queue.remove(waiter);
    BOOST_TEST(w.queue.eligible() == 1u);
    w.queue.remove(other);
    BOOST_TEST(w.queue.eligible() == 0u);
    w.queue.discharge(*user.tenant, {});
    BOOST_TEST(w.queue.eligible() == 0u);
}

BOOST_AUTO_TEST_CASE(a_tenant_is_forgotten_when_nothing_is_left_of_it) {
    pool_options options;
    options.tenant_maximum = 1;
    world w{options};
    BOOST_TEST(!fair_queue{w.limits}.tenants());
    auto& waiter = w.push("a");
    BOOST_TEST(w.queue.tenants() == 1u);
    w.queue.next(w.slots[0]);
    w.queue.charge(*waiter.tenant, {});
    w.queue.tidy(*waiter.tenant);
    w.queue.end_turn(w.slots[0]);
    BOOST_TEST(w.queue.tenants() == 1u); // its use counts
    w.queue.discharge(*waiter.tenant, {});
    BOOST_TEST(w.queue.tenants() == 0u);
    auto& cancelled = w.push("a");
    w.queue.remove(cancelled);
    BOOST_TEST(w.queue.tenants() == 0u);
    w.push("a");
    BOOST_TEST(w.serve() == "a");
    BOOST_TEST(w.queue.tenants() == 1u); // the slot has served it last
    w.queue.end_turn(w.slots[0]);
    BOOST_TEST(w.queue.tenants() == 0u);
}

BOOST_AUTO_TEST_CASE(ten_thousand_tenants_that_come_once_leave_nothing_behind) {
    world w;
    for (int i = 0; i < 10'000; ++i) {
        auto& waiter = w.push(std::to_string(i).c_str());
        w.queue.next(w.slots[0]);
        w.queue.tidy(*waiter.tenant);
        w.waiters.clear();
    }
    BOOST_TEST(w.queue.tenants() <= 2u);
}

BOOST_AUTO_TEST_CASE(the_clock_of_a_tenant_stands_while_it_is_at_its_maximum) {
    using namespace std::chrono_literals;
    pool_options options;
    options.tenant_maximum = 1;
    world w{options};
    auto& waiter = w.push("a");
    auto& tenant = *waiter.tenant;
    auto const at = [](std::chrono::milliseconds time) { return wait_times{time}; };
    BOOST_TEST((fair_queue::served(tenant, at(5ms)) == at(5ms)));
    w.queue.charge(tenant, at(10ms));
    BOOST_TEST((fair_queue::served(tenant, at(25ms)) == at(10ms)));
    w.queue.discharge(tenant, at(30ms));
    BOOST_TEST((fair_queue::served(tenant, at(32ms)) == at(12ms)));
    w.queue.charge(tenant, at(40ms));
    w.queue.discharge(tenant, at(50ms));
    BOOST_TEST((fair_queue::served(tenant, at(50ms)) == at(20ms)));
}

BOOST_AUTO_TEST_SUITE_END()
