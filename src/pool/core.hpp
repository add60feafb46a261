// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/backoff.hpp"

#include <copg/driver/session.hpp>
#include <copg/pool/pool_options.hpp>
#include <copg/pool/pool_statistics.hpp>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include <chrono>
#include <list>
#include <memory>
#include <optional>

namespace copg::detail {

class connection_impl;

using pool_time = std::chrono::steady_clock::time_point;

/// One connection's place in the pool.
/// States: connected slots are idle, in_use or closing; a slot is erased when it has closed.
struct pool_slot {
    enum class state { idle, in_use, closing };

    std::shared_ptr<connection_impl> connection; // the core never looks behind it
    session last_session;
    state now = state::in_use;
    std::list<pool_slot>::iterator self;
    boost::intrusive::list_member_hook<> idle_hook;
};

/// An acquire that waits. States: queued; granted (slot is set); refused (the waiter was taken out
/// by expire, refuse_all or withdraw). It leaves the queue exactly once.
struct pool_waiter {
    session wanted;
    std::optional<pool_time> deadline;
    pool_slot* granted = nullptr;
    boost::intrusive::list_member_hook<> queue_hook;
    boost::intrusive::set_member_hook<> deadline_hook;

    bool queued() const noexcept { return queue_hook.is_linked(); }
};

/// The pool's decisions, without I/O, clock or lock: fed with events, asked what to do next.
///
/// Invariants: open() <= maximum; waiters are granted first come first served; a newcomer never
/// overtakes a waiter; while a waiter waits no connection is idle; a connect belongs to the pool
/// and not to the waiter that caused it.
class pool_core {
public:
    pool_core(pool_options const& options, unsigned seed);
    pool_core(pool_core const&) = delete;
    pool_core& operator=(pool_core const&) = delete;
    ~pool_core();

    // Events.

    /// An acquire that does not wait: an idle connection, the one that last served the same session
    /// if there is one; null when it would have to wait.
    pool_slot* take(session const& wanted) noexcept;
    void enqueue(pool_waiter& waiter) noexcept;
    /// The waiter was cancelled; false when it is no longer queued.
    bool withdraw(pool_waiter& waiter) noexcept;
    /// A connection was given back, ready for the next borrower.
    void give_back(pool_slot& slot) noexcept;
    /// A connection was given back, but must be cleaned before anybody may have it.
    void start_cleaning(pool_slot& slot) noexcept;
    /// A connection is gone.
    void remove(pool_slot& slot) noexcept;
    /// An attempt that connects_due() asked for succeeded. @return its slot, given back already
    pool_slot& connected(std::shared_ptr<connection_impl> connection);
    /// An attempt failed; the next one is due later.
    void connect_failed(pool_time now) noexcept;
    /// An attempt was given up; nothing is learned from it.
    void connect_abandoned() noexcept;

    // Decisions.

    /// The next waiter that has been granted a connection, taken off the queue; null when none.
    pool_waiter* next_granted() noexcept;
    /// The number of attempts to start now; each must end in connected() or connect_failed().
    std::size_t connects_due(pool_time now) noexcept;
    /// A waiter whose deadline has passed, taken off the queue; null when none.
    pool_waiter* next_expired(pool_time now) noexcept;
    /// Any waiter, taken off the queue, oldest first; null when none.
    pool_waiter* next_refused() noexcept;
    /// Whether more connections are needed than there are.
    bool needs_connections() const noexcept { return connects_wanted() > 0; }
    /// Whether the last attempt failed and the next one is not due yet.
    bool backing_off(pool_time now) const noexcept { return retry_at_ && now < *retry_at_; }
    /// When time alone will make a decision due.
    std::optional<pool_time> next_event() const noexcept;

    /// An idle connection, taken out of use; null when none.
    pool_slot* next_idle_to_close() noexcept;
    pool_slot* find_idle(connection_impl const* connection) noexcept;

    std::size_t open() const noexcept { return slots_.size() + connecting_; }
    std::size_t connected_count() const noexcept { return slots_.size(); }
    std::list<pool_slot> const& slots() const noexcept { return slots_; }
    pool_statistics statistics() const noexcept;
    pool_statistics& counters() noexcept { return counters_; }

private:
    struct earlier {
        bool operator()(pool_waiter const& a, pool_waiter const& b) const noexcept {
            return *a.deadline < *b.deadline;
        }
    };
    using idle_list =
        boost::intrusive::list<pool_slot,
                               boost::intrusive::member_hook<pool_slot,
                                                             boost::intrusive::list_member_hook<>,
                                                             &pool_slot::idle_hook>>;
    using waiter_queue =
        boost::intrusive::list<pool_waiter,
                               boost::intrusive::member_hook<pool_waiter,
                                                             boost::intrusive::list_member_hook<>,
                                                             &pool_waiter::queue_hook>>;
    using deadline_order = boost::intrusive::multiset<
        pool_waiter,
        boost::intrusive::member_hook<pool_waiter,
                                      boost::intrusive::set_member_hook<>,
                                      &pool_waiter::deadline_hook>,
        boost::intrusive::compare<earlier>>;

    std::size_t connects_wanted() const noexcept;
    pool_slot& pick_idle(session const& wanted) noexcept;
    void take_out(pool_waiter& waiter) noexcept;

    pool_options const options_;
    std::list<pool_slot> slots_;
    idle_list idle_; // most recently used first
    waiter_queue queue_;
    deadline_order deadlines_;
    std::size_t connecting_ = 0;
    std::size_t closing_ = 0;
    backoff backoff_;
    std::optional<pool_time> retry_at_; // set while the server cannot be reached
    pool_statistics counters_;
};

} // namespace copg::detail
