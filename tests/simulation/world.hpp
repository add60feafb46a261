// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/budget.hpp"
#include "pool/core.hpp"

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
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

/// One pool's core with the model of what it must do beside it: who waits and for how long on what
/// account, who has what, for which transaction scope and inside of which. A scope gives nothing
/// back while somebody waits inside of it. The pool asks for decisions when the shell does: after
/// most events, when its timer fires, and when the budget calls; not after a release or an acquire
/// on the fast path.
class modelled_pool {
public:
    modelled_pool(pool_options const& options,
                  unsigned seed,
                  std::shared_ptr<detail::budget_state> budget,
                  dice& random,
                  pool_time now);
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

    /// Asks for every decision, if the shell would by now. @return whether it has
    bool settle(pool_time now);
    /// When the timer fires next.
    std::optional<pool_time> timer() const { return timer_; }
    /// So much time passes in which nothing happens.
    void pass(pool_time::duration time);
    /// What must hold between two events.
    void check(pool_time now) const;

    /// Lets one more thing end, and everything succeed from now on. @return whether more is to come
    bool finish_some(pool_time now);

    std::size_t open() const { return core_.open(); }
    pool_core const& core() const { return core_; }
    bool is_closed() const { return closed_; }
    /// Connections that go to make room for another pool, not gone yet.
    std::size_t yielding() const;
    bool has_idle_to_spare() const;

private:
    struct guest : pool_waiter {
        wait_breakdown model;
    };
    struct counts {
        std::uint64_t acquired = 0;
        std::uint64_t after_wait = 0;
        std::uint64_t timed_out = 0;
        std::uint64_t cancelled = 0;
        std::uint64_t queue_full = 0;
        std::uint64_t nested_refused = 0;
        std::uint64_t refused = 0;
        std::uint64_t closed = 0;
        std::uint64_t checks = 0;
        std::uint64_t reports = 0;
    };

    bool fails(unsigned one_in) { return !all_succeeds_ && random_.one_in(one_in); }
    bool is_busy() const {
        return !connecting_.empty() || !checking_.empty() || !cleaning_.empty() ||
               !closing_.empty() || !borrowed_.empty();
    }
    session const& some_session();
    std::size_t maximum_of(session const& tenant) const;
    std::size_t used_by(session const& tenant) const;
    std::size_t servable() const;
    std::chrono::nanoseconds& part_of(guest& waiter) const;
    void borrow(pool_slot* slot, std::uint64_t scope, pool_time now);
    void leave(pool_waiter* waiter, bool granted);
    void put_back(pool_slot& slot, pool_time now);
    void remove(pool_slot& slot, close_reason reason, pool_time now);
    void close(pool_time now);
    void decide(pool_time now);
    void close_some(pool_time now);
    void grant_some(pool_time now);
    void refuse_deadlocked(pool_time now);
    bool is_around_a_waiter(std::uint64_t scope) const;
    bool can_end(pool_slot const& used) const;
    bool may_stall() const;
    guest* last_of_a_dead_lock() const;
    std::vector<std::uint64_t> scopes() const;
    void go_inside(guest& waiter);
    void give_back(std::size_t which, pool_time now);
    void give_in(pool_time now);
    void connect_some(pool_time now);
    void arm_timer();
    void check_counts(pool_statistics const& now) const;
    void check_connects(pool_statistics const& now, pool_time time) const;
    void check_idle(pool_statistics const& now, pool_time time) const;

    dice& random_;
    std::vector<session> const sessions_{session{}, session{"a"}, session{"b"}, session{"c"}};
    std::unique_ptr<detail::budget_member> member_;
    bool touched_ = true; // something happened after which the shell decides
    bool asked_ = false;  // by the budget
    bool reclaim_ = false;
    bool shut_ = false; // when it was last asked
    bool closed_ = false;
    bool all_succeeds_ = false;
    std::optional<pool_time> timer_;
    pool_time failed_at_;
    pool_core core_;
    std::size_t most_open_;
    counts counted_;
    std::vector<std::uint64_t> connecting_; // by generation
    std::deque<std::unique_ptr<guest>> waiting_;
    std::vector<pool_slot*> borrowed_;
    std::map<pool_slot const*, std::uint64_t> holders_; // of the borrowed ones, which scope
    std::uint64_t last_scope_ = 0;
    std::vector<pool_slot*> cleaning_;
    std::vector<pool_slot*> checking_;
    std::vector<pool_core::closing> closing_;
    std::set<pool_slot const*> reported_;
};

/// Options drawn at random, small enough that limits are met all the time.
pool_options random_options(dice& random);

} // namespace copg::test
