// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/budget.hpp"
#include "pool/core.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace copg::test {

using namespace std::chrono_literals;
using detail::pool_core;
using detail::pool_slot;
using detail::pool_time;
using detail::pool_waiter;

/// What must hold after every step; throws so that a schedule stops at its first fault.
inline void require(bool holds, char const* what) {
    if (!holds)
        throw std::logic_error{what};
}

/// Random numbers of one schedule.
class dice {
public:
    explicit dice(unsigned seed) : random_{seed} {}
    unsigned below(unsigned bound) { return static_cast<unsigned>(random_() % bound); }
    bool one_in(unsigned count) { return below(count) == 0; }

private:
    std::minstd_rand random_;
};

/// One pool's core with the model of what it must do beside it: who waits, who has what.
class modelled_pool {
public:
    modelled_pool(pool_options const& options,
                  unsigned seed,
                  std::shared_ptr<detail::budget_state> budget,
                  dice& random);
    ~modelled_pool();

    // Events.
    void arrive(pool_time now);
    void give_back(pool_time now);
    void cancel(pool_time now);
    void end_connect(pool_time now);
    void end_closing(pool_time now);
    void end_check(pool_time now);
    void lose(pool_time now);
    void operate(pool_time now);

    /// Asks for every decision, as the shell does, and checks what must hold.
    void settle(pool_time now);

    /// Everything succeeds, until nobody waits.
    bool finish_some(pool_time now);

    std::size_t open() const { return core_.open(); }
    pool_core& core() { return core_; }
    bool somebody_waits() const { return !waiting_.empty(); }

private:
    struct guest : pool_waiter {
        unsigned number = 0;
    };

    session const& some_session();
    std::size_t tenant_maximum(pool_slot const& slot) const;
    void borrow(pool_slot* slot, pool_time now);
    void leave(pool_waiter* waiter, bool granted);
    void put_back(pool_slot& slot, pool_time now);
    void decide(pool_time now);
    void check();

    dice& random_;
    std::vector<session> const sessions_{session{}, session{"a"}, session{"b"}, session{"c"}};
    std::unique_ptr<detail::budget_member> member_;
    bool asked_ = false;
    bool reclaim_ = false;
    pool_core core_;
    std::size_t most_open_;
    unsigned arrived_ = 0;
    std::vector<std::uint64_t> connecting_; // by generation
    std::deque<std::unique_ptr<guest>> waiting_;
    std::vector<pool_slot*> borrowed_;
    std::vector<pool_slot*> cleaning_;
    std::vector<pool_slot*> checking_;
    std::vector<pool_core::closing> closing_;
};

/// Options drawn at random, small enough that limits are met all the time.
pool_options random_options(dice& random);

} // namespace copg::test
