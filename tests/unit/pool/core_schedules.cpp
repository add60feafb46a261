// SPDX-License-Identifier: BSL-1.0
#include "pool/core.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <list>
#include <memory>
#include <random>
#include <vector>

using copg::pool_options;
using copg::session;
using copg::detail::pool_core;
using copg::detail::pool_slot;
using copg::detail::pool_time;
using copg::detail::pool_waiter;
using namespace std::chrono_literals;

namespace {

/// A random schedule of events in virtual time, with a model beside the core that knows what must
/// hold after each.
class schedule {
public:
    explicit schedule(unsigned seed)
        : random_{seed}, options_{random_options()}, core_{options_, seed} {}

    void run() {
        constexpr int steps = 200;
        for (int i = 0; i < steps; ++i) {
            step();
            settle();
            check();
        }
        wind_up();
    }

private:
    struct guest : pool_waiter {
        unsigned number = 0;
    };

    unsigned below(unsigned bound) {
        return std::uniform_int_distribution<unsigned>{0, bound - 1}(random_);
    }

    pool_options random_options() {
        pool_options made;
        made.maximum = 1 + below(4);
        made.minimum = below(static_cast<unsigned>(made.maximum) + 1);
        made.connect_concurrency = 1 + below(3);
        return made;
    }

    void step() {
        switch (below(8)) {
        case 0:
        case 1:
        case 2:
            arrive();
            break;
        case 3:
            give_back();
            break;
        case 4:
            cancel();
            break;
        case 5:
            end_connect();
            break;
        case 6:
            lose();
            break;
        case 7:
            now_ += std::chrono::milliseconds{below(50)};
            break;
        }
    }

    void arrive() {
        if (auto* const slot = core_.take(session{})) {
            BOOST_TEST(waiting_.empty(), "a newcomer overtook a waiter");
            borrow(slot);
            return;
        }
        auto made = std::make_unique<guest>();
        made->number = ++arrived_;
        if (below(2) == 0)
            made->deadline = now_ + std::chrono::milliseconds{1 + below(100)};
        core_.enqueue(*made);
        waiting_.push_back(std::move(made));
    }

    void borrow(pool_slot* slot) {
        BOOST_TEST(std::count(borrowed_.begin(), borrowed_.end(), slot) == 0, "a double grant");
        borrowed_.push_back(slot);
    }

    void give_back() {
        if (borrowed_.empty())
            return;
        auto* const slot = borrowed_.back();
        borrowed_.pop_back();
        if (below(4) == 0)
            core_.remove(*slot);
        else
            core_.give_back(*slot);
    }

    void cancel() {
        if (waiting_.empty())
            return;
        auto const chosen = waiting_.begin() + below(static_cast<unsigned>(waiting_.size()));
        BOOST_TEST(core_.withdraw(**chosen));
        waiting_.erase(chosen);
    }

    void end_connect() {
        if (connecting_ == 0)
            return;
        --connecting_;
        if (below(3) == 0)
            core_.connect_failed(now_);
        else
            core_.connected(nullptr);
    }

    void lose() {
        if (auto* const slot = core_.find_idle(nullptr))
            core_.remove(*slot);
    }

    void leave(pool_waiter* waiter) {
        auto const found = std::find_if(
            waiting_.begin(), waiting_.end(), [&](auto const& w) { return w.get() == waiter; });
        BOOST_TEST_REQUIRE((found != waiting_.end()), "a waiter left twice");
        waiting_.erase(found);
    }

    void settle() {
        while (auto* const waiter = core_.next_expired(now_)) {
            BOOST_TEST((*waiter->deadline <= now_));
            leave(waiter);
        }
        while (auto* const waiter = core_.next_granted()) {
            BOOST_TEST(waiter == waiting_.front().get(), "a waiter overtook another");
            borrow(waiter->granted);
            leave(waiter);
        }
        connecting_ += core_.connects_due(now_);
    }

    void check() {
        auto const now = core_.statistics();
        BOOST_TEST(now.open == now.idle + now.in_use + now.connecting + now.closing);
        BOOST_TEST(now.open <= options_.maximum);
        BOOST_TEST(now.connecting == connecting_);
        BOOST_TEST(now.connecting <= options_.connect_concurrency);
        BOOST_TEST(now.in_use == borrowed_.size());
        BOOST_TEST(now.waiting == waiting_.size());
        BOOST_TEST((now.waiting == 0 || now.idle == 0), "a waiter beside an idle connection");
    }

    // Once nothing fails any more, every waiter is served: none was lost.
    void wind_up() {
        for (int rounds = 0; !waiting_.empty(); ++rounds) {
            BOOST_TEST_REQUIRE(rounds < 10'000, "a waiter was lost");
            for (; connecting_ > 0; --connecting_)
                core_.connected(nullptr);
            while (!borrowed_.empty()) {
                core_.give_back(*borrowed_.back());
                borrowed_.pop_back();
            }
            if (auto const next = core_.next_event())
                now_ = std::max(now_, *next);
            settle();
            check();
        }
    }

    std::mt19937 random_;
    pool_options options_;
    pool_core core_;
    pool_time now_{};
    unsigned arrived_ = 0;
    std::size_t connecting_ = 0;
    std::deque<std::unique_ptr<guest>> waiting_;
    std::vector<pool_slot*> borrowed_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_pool_core_schedules)

BOOST_AUTO_TEST_CASE(no_schedule_breaks_an_invariant_or_loses_a_waiter) {
    if (auto const* replay = std::getenv("COPG_SEED")) {
        schedule{static_cast<unsigned>(std::atoi(replay))}.run();
        return;
    }
    constexpr unsigned schedules = 1'000;
    for (unsigned seed = 1; seed <= schedules; ++seed) {
        BOOST_TEST_CONTEXT("replay with COPG_SEED=" << seed) {
            schedule{seed}.run();
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
