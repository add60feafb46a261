// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/core.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace copg::test {

using namespace std::chrono_literals;
using detail::pool_core;
using detail::pool_slot;
using detail::pool_time;
using detail::pool_waiter;

inline pool_options pool_of(std::size_t maximum, std::size_t minimum = 0) {
    pool_options made;
    made.maximum = maximum;
    made.minimum = minimum;
    return made;
}

/// Options without anything that happens by itself.
inline pool_options pool_at_rest(std::size_t maximum, std::size_t minimum = 0) {
    auto made = pool_of(maximum, minimum);
    made.lifetime = made.health_interval = 0ms;
    made.idle_time = 0ms;
    return made;
}

/// A pool's core whose every event a test spells out. It decides when it is asked, at a time that
/// stands still but for pass().
class scripted_core {
public:
    using duration = pool_time::duration;

    explicit scripted_core(pool_options const& options, detail::budget_account* budget = nullptr)
        : core{options.checked(), 1, budget} {}
    scripted_core(scripted_core const&) = delete;
    scripted_core& operator=(scripted_core const&) = delete;
    ~scripted_core() {
        while (core.next_refused(now) != nullptr) {
        }
    }

    void pass(duration time) {
        now += time;
        core.tick(now);
    }

    /// Lets time pass as a timer does, which meets every event; closes what has to go.
    void run_for(duration time) {
        auto const until = now + time;
        for (auto next = core.next_event(); next && *next <= until; next = core.next_event()) {
            pass(std::max(*next, now) - now);
            sweep();
        }
        pass(until - now);
    }

    /// Somebody wants a connection, and gets it at once or not at all.
    pool_slot* take(session const& wanted = {}) {
        return core.take(wanted, std::source_location::current(), now);
    }
    /// Somebody waits, who may have a connection already. @param limit  of the wait
    pool_waiter& wait(session const& wanted = {},
                      std::optional<duration> limit = {},
                      bool holds_connection = false) {
        auto& waiter = waiters_.emplace_back();
        waiter.wanted = wanted;
        waiter.holds_connection = holds_connection;
        if (limit)
            waiter.deadline = now + *limit;
        BOOST_TEST_REQUIRE(core.enqueue(waiter, now));
        return waiter;
    }
    /// Somebody waits inside of these scopes, innermost first. @param scope  that it is for
    pool_waiter& wait_inside(std::initializer_list<std::uint64_t> scopes,
                             std::uint64_t scope = 0,
                             std::optional<duration> limit = {},
                             session const& wanted = {}) {
        auto& waiter = waiters_.emplace_back();
        waiter.wanted = wanted;
        waiter.scope = scope;
        for (auto const id : scopes)
            waiter.inside.emplace_back(id);
        if (limit)
            waiter.deadline = now + *limit;
        BOOST_TEST_REQUIRE(core.enqueue(waiter, now));
        return waiter;
    }
    pool_waiter* deadlocked() { return core.next_deadlocked(now); }
    pool_waiter* grant() { return core.next_granted(now); }
    /// A connection becomes free, and whoever comes next gets it.
    pool_waiter* pass_on(pool_slot& slot) {
        give(slot);
        return grant();
    }
    bool withdraw(pool_waiter& waiter) { return core.withdraw(waiter, now); }
    std::size_t connects() { return core.connects_due(now); }
    void fail_connect() { core.connect_failed(now); }

    /// A connection comes back. @return why it had to go, and is gone; nothing when it stays
    std::string give(pool_slot& slot, bool clean = true) {
        auto const reason = core.release(slot, clean, now);
        if (!reason)
            return {};
        core.remove(slot, *reason, now);
        return std::string{to_string(*reason)};
    }
    void lose(pool_slot& slot) { core.remove(slot, close_reason::lost, now); }
    /// An attempt that is under way succeeds. @return null when the connection has to go again
    pool_slot* connect(std::uint64_t generation) {
        auto& slot = core.connected(nullptr, generation, now);
        return give(slot).empty() ? &slot : nullptr;
    }
    pool_slot* connect() { return connect(core.generation()); }

    /// So many connections, which waiters asked for and use now.
    std::vector<pool_slot*> fill(std::size_t count, session const& wanted = {}) {
        std::vector<pool_slot*> slots;
        for (std::size_t i = 0; i < count; ++i)
            wait(wanted);
        for (int rounds = 0; slots.size() < count && rounds < 1'000; ++rounds) {
            for (auto due = connects(); due > 0; --due)
                connect();
            while (auto* const waiter = grant())
                slots.push_back(waiter->granted);
        }
        BOOST_TEST_REQUIRE(slots.size() == count);
        return slots;
    }
    /// So many connections that nobody uses, the first one unused for longest.
    std::vector<pool_slot*> fill_idle(std::size_t count, session const& wanted = {}) {
        auto const slots = fill(count, wanted);
        for (auto* const slot : slots)
            BOOST_TEST_REQUIRE(give(*slot) == "");
        connects(); // none is due: the burst is over
        return slots;
    }

    /// Closes whatever has to go now. @return why, in order: `idle, idle`
    std::string sweep() {
        std::string reasons;
        for (auto due = core.next_to_close(now); due.slot != nullptr;
             due = core.next_to_close(now)) {
            core.remove(*due.slot, due.reason, now);
            reasons += reasons.empty() ? "" : ", ";
            reasons += to_string(due.reason);
        }
        return reasons;
    }
    pool_statistics statistics() const { return core.statistics(now); }

    pool_time now{1h};
    pool_core core;

private:
    std::deque<pool_waiter> waiters_;
};

} // namespace copg::test
