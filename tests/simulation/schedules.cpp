// SPDX-License-Identifier: BSL-1.0
// Random schedules of everything that can happen to pools, in virtual time.
#include "simulation/world.hpp"

#include <copg/pool/connection_budget.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>

using namespace copg::test;

namespace {

/// Some pools, maybe with a common budget, and time.
class schedule {
public:
    explicit schedule(unsigned seed) : random_{seed} {
        random_.below(2); // neighbouring seeds begin alike
        auto const shared = random_.one_in(3);
        if (shared)
            budget_ = std::make_shared<copg::detail::budget_state>(4 + random_.below(3));
        for (auto count = shared ? 2 + random_.below(2) : 1; count > 0; --count)
            pools_.push_back(make_pool(random_.below(2)));
    }

    void run() {
        constexpr int steps = 200;
        for (int i = 0; i < steps; ++i) {
            auto& chosen = pools_[random_.below(static_cast<unsigned>(pools_.size()))];
            if (budget_ != nullptr && random_.one_in(300)) {
                chosen.reset(); // with all that it has
                chosen = make_pool(0);
            } else {
                step(*chosen);
            }
            settle();
        }
        wind_up();
    }

private:
    std::unique_ptr<modelled_pool> make_pool(std::size_t budget_minimum) {
        auto options = random_options(random_);
        if (budget_ != nullptr) { // a pool that must have more than it can get would never end
            options.budget = budget_option_;
            options.minimum = options.maximum_idle ? 0 : std::min<std::size_t>(options.minimum, 1);
            options.budget_minimum = budget_minimum;
        }
        if (options.maximum_idle)
            options.maximum_idle = options.minimum;
        return std::make_unique<modelled_pool>(options, ++made_, budget_, random_, now_);
    }

    void step(modelled_pool& pool) {
        switch (random_.below(16)) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
            return pool.arrive(now_);
        case 5:
        case 6:
        case 7:
            return pool.give_back(now_);
        case 8:
            return pool.cancel(now_);
        case 9:
        case 10:
            return pool.end_connect(now_);
        case 11:
            return pool.end_closing(now_);
        case 12:
            return pool.end_check(now_);
        case 13:
            return random_.one_in(3) ? pool.lose(now_) : pool.operate(now_);
        default:
            pass_until(now_ + 1ms * random_.below(50));
        }
    }

    /// Timers fire on time, or now and then a little late.
    void pass_until(pool_time until) {
        while (!random_.one_in(4)) {
            auto next = until;
            for (auto const& pool : pools_)
                next = std::min(next, pool->timer().value_or(until));
            if (next >= until)
                break;
            pass_to(std::max(now_, next));
            settle();
        }
        pass_to(until);
    }

    void pass_to(pool_time time) {
        for (auto const& pool : pools_)
            pool->pass(time - now_);
        now_ = time;
    }

    void settle() {
        auto settled = true;
        for (int rounds = 0; settled; ++rounds) {
            require(rounds < 100, "decisions without an end");
            settled = false;
            for (auto const& pool : pools_)
                settled |= pool->settle(now_);
        }
        for (auto const& pool : pools_)
            pool->check(now_);
        if (budget_ != nullptr)
            check_budget();
    }

    void check_budget() const {
        std::size_t open = 0;
        std::size_t committed = 0;
        std::size_t yielding = 0;
        for (auto const& pool : pools_) {
            open += pool->open();
            committed += std::max(pool->open(), pool->core().options().budget_minimum);
            yielding += pool->yielding();
        }
        require(budget_->used() == open, "the budget's count");
        require(committed <= budget_->maximum(), "more connections than the budget");
        if (budget_->waiting() <= yielding + (budget_->maximum() - committed))
            return;
        for (auto const& pool : pools_)
            require(!pool->has_idle_to_spare(), "an idle connection while a pool waits");
    }

    // Once nothing fails any more, every waiter is served: none was lost.
    void wind_up() {
        for (int rounds = 0;; ++rounds) {
            require(rounds < 5'000, "a waiter was lost");
            auto more = false;
            for (auto const& pool : pools_) {
                more |= pool->finish_some(now_);
                settle();
            }
            if (!more)
                break;
            pass_until(now_ + 5ms);
            settle();
        }
        for (auto const& pool : pools_) {
            require(!pool->is_closed() || pool->open() == 0, "a closed pool keeps a connection");
            require(pool->core().statistics(now_).waiting_tenants <= pool->core().connected_count(),
                    "a tenant is not forgotten"); // each connection may have served one last
        }
    }

    dice random_;
    unsigned made_ = 0;
    std::shared_ptr<copg::detail::budget_state> budget_;
    std::shared_ptr<copg::connection_budget> const budget_option_ =
        std::make_shared<copg::connection_budget>(1); // as far as the rules ask for one
    std::vector<std::unique_ptr<modelled_pool>> pools_;
    pool_time now_{1h};
};

unsigned number_from_environment(char const* name, unsigned otherwise) {
    auto const* const text = std::getenv(name);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

std::string fault_of(unsigned seed) {
    try {
        schedule{seed}.run();
        return {};
    } catch (std::exception const& fault) {
        return fault.what();
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_simulation)

BOOST_AUTO_TEST_CASE(no_schedule_breaks_an_invariant_or_loses_a_waiter) {
    auto const replay = number_from_environment("COPG_SEED", 0);
    auto const last = replay != 0 ? replay : number_from_environment("COPG_SCHEDULES", 100'000);
    int faults = 0;
    for (auto seed = replay != 0 ? replay : 1; seed <= last && faults < 5; ++seed) {
        auto const fault = fault_of(seed);
        BOOST_TEST(fault == "", fault << ": replay with COPG_SEED=" << seed);
        faults += fault.empty() ? 0 : 1;
    }
}

BOOST_AUTO_TEST_SUITE_END()
