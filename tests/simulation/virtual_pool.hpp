// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/budget.hpp"
#include "pool/core.hpp"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace copg::test {

using namespace std::chrono_literals;
using detail::pool_core;
using detail::pool_slot;
using detail::pool_time;
using detail::pool_waiter;

/// A pool's core in a world of virtual time: connections that take a while to make, callers that
/// use them for a while.
class virtual_pool {
public:
    using duration = pool_time::duration;

    /// @param budget  which pools share whose time goes in step, by run_together()
    explicit virtual_pool(pool_options const& options,
                          std::shared_ptr<detail::budget_state> const& budget = nullptr);
    ~virtual_pool();
    virtual_pool(virtual_pool const&) = delete;
    virtual_pool& operator=(virtual_pool const&) = delete;

    struct caller : pool_waiter {
        std::size_t number = 0;
        pool_time arrived{};
        duration use{};
        std::list<caller>::iterator self;
    };

    /// How a connect goes; 1 ms and success unless set.
    duration connect_time = 1ms;
    std::function<bool()> connect_succeeds = [] { return true; };
    /// Called for everybody who gets a connection.
    std::function<void(caller const&, duration waited)> granted;
    /// Called when a use ends.
    std::function<void(caller const&)> ended;
    /// Called for every connection that is closed, before it is.
    std::function<void(pool_slot const&, close_reason)> closed;

    /// Lets something happen after a while.
    void after(duration wait, std::function<void()> what);
    /// Somebody wants a connection for so long. @return null when it did not have to wait
    caller* arrive(session const& wanted, duration use, std::size_t number = 0);
    void cancel(caller& waiter);
    void cancel_all_waiting();
    /// The server or the network ends all idle connections.
    void lose_idle();

    /// Lets everything happen that is due until then.
    void run_for(duration wait);
    /// Until nobody waits or uses a connection, at most for so long.
    void run_until_quiet(duration at_most = 24h);

private:
    std::unique_ptr<detail::budget_member> share_;

public:
    pool_time now{1h};
    pool_core core;
    std::size_t connects = 0;
    std::size_t most_connecting = 0;
    std::size_t most_open = 0;

private:
    void settle();
    void reclaim();
    void close(pool_slot& slot, close_reason reason);
    void begin(caller& user, pool_slot& slot, duration waited);
    void end(caller& user, pool_slot& slot);
    void connect();
    bool step(pool_time until);

    std::multimap<pool_time, std::function<void()>> events_;
    std::list<caller> callers_;
    std::size_t connecting_ = 0;
    std::size_t using_ = 0;
};

/// Lets the time of several pools go in step.
void run_together(std::vector<virtual_pool*> const& pools, virtual_pool::duration wait);

/// The value below which so many of a hundred lie.
virtual_pool::duration percentile(std::vector<virtual_pool::duration> values, double percent);

/// Jain's fairness index: 1 when all shares are equal, 1/n when one has everything.
double fairness_index(std::vector<double> const& shares);

} // namespace copg::test
