// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/budget_account.hpp"
#include "pool/connect_gate.hpp"
#include "pool/fair_queue.hpp"
#include "pool/idle_set.hpp"
#include "pool/idle_window.hpp"
#include "pool/nested_waits.hpp"

#include <copg/pool/pool_statistics.hpp>

#include <boost/intrusive/set.hpp>

#include <list>
#include <optional>

namespace copg::detail {

/// The pool's decisions, without I/O, clock or lock: fed with events, asked what to do next.
///
/// Invariants, after every event whose decisions have been asked for:
/// - idle + in use + closing + connecting <= maximum, unless resize() has just lowered it; a
///   connection counts until it is gone.
/// - No eligible waiter waits beside an idle connection, unless paused.
/// - A waiter leaves the queue exactly once: granted, expired, refused or withdrawn. Within a
///   tenant, waiters are granted in the order of their arrival, and no newcomer comes before them.
/// - Nobody waits in a dead-lock; see next_deadlocked().
/// - A tenant's connections in use never exceed its maximum.
/// - A connect belongs to the pool, not to the waiter that caused it.
///
/// Times: `now` of one call is never before that of an earlier one, but for take() and release(),
/// which may be some milliseconds behind.
class pool_core {
public:
    pool_core(pool_options const& options, unsigned seed, budget_account* budget = nullptr);
    pool_core(pool_core const&) = delete;
    pool_core& operator=(pool_core const&) = delete;
    ~pool_core();

    // Borrowing (core.cpp, core_waits.cpp).

    /// An acquire that does not wait: the idle connection that suits the session best; null when it
    /// would have to wait.
    /// @param scope  the transaction scope that holds it from now on, if one does
    pool_slot* take(session const& wanted,
                    std::source_location const& where,
                    pool_time now,
                    std::uint64_t scope = 0);
    /// @return false when the queue is full
    bool enqueue(pool_waiter& waiter, pool_time now);
    /// The waiter was cancelled. @return false when it is no longer queued
    bool withdraw(pool_waiter& waiter, pool_time now) noexcept;
    /// The next waiter that has been granted a connection, taken off the queue; null when none.
    pool_waiter* next_granted(pool_time now) noexcept;
    /// A waiter whose deadline has passed, taken off the queue; null when none.
    pool_waiter* next_expired(pool_time now) noexcept;
    /// Of the waiters in a dead-lock the one that came last, taken off the queue; null when there
    /// is no dead-lock, which means: there are as many connections as there may be, each is held by
    /// a transaction scope, and inside of each of these scopes somebody waits. Free while nobody
    /// waits inside of a scope; else it looks at each connection at the most. Ask after the
    /// decisions that remove connections.
    pool_waiter* next_deadlocked(pool_time now) noexcept;
    /// Whether it is worth asking for.
    bool may_be_deadlocked() const noexcept {
        return !nested_.empty() && scope_held_ >= options_.maximum &&
               scope_held_ == slots_.size() && connecting_ == 0;
    }
    /// Any waiter, taken off the queue, oldest first; null when none.
    pool_waiter* next_refused(pool_time now) noexcept;
    /// How the wait that has just ended was spent.
    wait_breakdown const& last_wait() const noexcept { return last_wait_; }
    /// An acquire failed before it was a waiter.
    void refused() noexcept { ++counters_.refused; }

    // Giving back (core.cpp).

    /// A connection was given back, or its time with the pool is over, ready for the next borrower.
    /// @param clean  whether no reset is due
    /// @return nothing: it is idle again; else why it has to be closed: it is closing, and remove()
    /// must follow
    std::optional<close_reason> release(pool_slot& slot, bool clean, pool_time now) noexcept;
    /// A connection in use was given back, but the pool itself needs it first.
    void start_closing(pool_slot& slot, pool_time now) noexcept;
    /// A connection is gone.
    void remove(pool_slot& slot, close_reason reason, pool_time now) noexcept;

    // Connecting (core_connects.cpp).

    /// The number of attempts to start now; each must end in one of the next three.
    std::size_t connects_due(pool_time now);
    /// An attempt succeeded. The slot is closing: release() must follow.
    /// @param generation  at the attempt's start
    pool_slot&
    connected(std::shared_ptr<connection_impl> connection, std::uint64_t generation, pool_time now);
    /// An attempt failed; the next one is due later.
    void connect_failed(pool_time now);
    /// An attempt was given up; nothing is learned from it.
    void connect_abandoned() noexcept;
    /// No attempt is due before then.
    void hold_connects(pool_time until) noexcept { gate_.hold(until); }
    std::size_t connecting() const noexcept { return connecting_; }
    connect_gate const& gate() const noexcept { return gate_; }
    /// Whether more connections are wanted than there are.
    bool needs_connections() const noexcept { return connects_wanted() > slots_.size(); }

    // Life (core_life.cpp).

    /// Time has passed: what is due is found out.
    void tick(pool_time now) noexcept;
    struct closing {
        pool_slot* slot = nullptr;
        close_reason reason = close_reason::idle;
    };
    /// An idle connection that has to go, closing now: remove() must follow. Empty when none. Ask
    /// next_granted() before: it is for waiters first.
    closing next_to_close(pool_time now) noexcept;
    /// An idle connection to ask for a sign of life, closing now; check_ended() must follow.
    pool_slot* next_to_check(pool_time now) noexcept;
    /// The sign came. @return as release()
    std::optional<close_reason> check_ended(pool_slot& slot, pool_time now) noexcept;
    /// It did not come: remove() must follow.
    void check_failed(pool_slot& slot) noexcept;
    /// A connection in use for longer than the leak threshold; each once.
    pool_slot* next_to_report(pool_time now) noexcept;
    /// When time alone will make a decision due.
    std::optional<pool_time> next_event() const noexcept;

    // Operations.

    void resize(std::size_t minimum, std::size_t maximum);
    void pause(bool paused, pool_time now) noexcept;
    bool is_paused() const noexcept { return paused_; }
    /// Retires every connection that stands or is being made. @return the new generation
    std::uint64_t refresh() noexcept;
    std::uint64_t generation() const noexcept { return generation_; }
    /// Nobody borrows any more, and every connection goes.
    void close() noexcept;
    /// Another pool of the budget needs room: one more idle connection is to go.
    void reclaim() noexcept { reclaims_ = true; }

    pool_slot* find_idle(connection_impl const* connection) noexcept;
    std::size_t open() const noexcept { return slots_.size() + connecting_; }
    std::size_t connected_count() const noexcept { return slots_.size(); }
    std::size_t in_use() const noexcept { return slots_.size() - idle_.size() - closing_; }
    std::size_t waiting() const noexcept { return queue_.size(); }
    std::list<pool_slot> const& slots() const noexcept { return slots_; }
    pool_options const& options() const noexcept { return options_; }
    pool_statistics statistics(pool_time now) const noexcept;

private:
    struct earlier {
        bool operator()(pool_waiter const& a, pool_waiter const& b) const noexcept {
            return *a.deadline < *b.deadline;
        }
        bool operator()(pool_slot const& a, pool_slot const& b) const noexcept {
            return a.due_at < b.due_at;
        }
    };
    using deadline_order = boost::intrusive::multiset<
        pool_waiter,
        boost::intrusive::member_hook<pool_waiter,
                                      boost::intrusive::set_member_hook<>,
                                      &pool_waiter::deadline_hook>,
        boost::intrusive::compare<earlier>>;
    using due_order = boost::intrusive::multiset<
        pool_slot,
        boost::intrusive::
            member_hook<pool_slot, boost::intrusive::set_member_hook<>, &pool_slot::due_hook>,
        boost::intrusive::compare<earlier>>;

    void begin_use(pool_slot& slot,
                   session const& wanted,
                   std::source_location const& where,
                   std::uint64_t scope,
                   pool_tenant* tenant,
                   pool_time now) noexcept;
    void end_use(pool_slot& slot, pool_time now) noexcept;
    void end_wait(pool_waiter& waiter, pool_time now, bool granted) noexcept;
    void give_up(pool_waiter& waiter, pool_time now) noexcept;
    close_reason doom(pool_slot& slot, close_reason reason) noexcept;
    void retire(pool_slot& slot) noexcept;
    void end_succession(pool_slot& slot) noexcept;
    bool no_successor(pool_time now) const noexcept;
    std::size_t idle_staying(pool_time now) const noexcept;
    std::optional<close_reason> reason_to_close(pool_slot const& slot,
                                                pool_time now) const noexcept;
    closing start_to_close(pool_slot& slot, close_reason reason, pool_time now) noexcept;
    void count_soon(pool_time now) noexcept;
    std::size_t connects_urgent() const noexcept;
    std::size_t connects_wanted() const noexcept;
    std::size_t take_room(std::size_t due, pool_time now);
    wait_cause cause(pool_time now) const noexcept;
    void note_cause(pool_time now) noexcept;
    void schedule(pool_slot& slot, pool_time at) noexcept;
    void unschedule(pool_slot& slot) noexcept;
    void slot_is_due(pool_slot& slot, pool_time now) noexcept;
    void set_off(pool_time now) noexcept;
    void note_idle() noexcept;
    void take_out(pool_slot& slot) noexcept;
    void tell_budget() noexcept;
    std::size_t lasting() const noexcept { return slots_.size() - doomed_; }
    bool may_shrink() const noexcept { return lasting() > options_.minimum; }

    pool_options options_;
    std::list<pool_slot> slots_;
    idle_set idle_;
    fair_queue queue_;
    nested_waits nested_; // some of the queue
    deadline_order deadlines_;
    wait_clock clock_;
    wait_breakdown last_wait_;
    pool_statistics counters_;

    connect_gate gate_;
    budget_account* const budget_; // may be null
    std::size_t connecting_ = 0;
    std::size_t scope_held_ = 0; // in use by transaction scopes
    std::size_t closing_ = 0;
    std::size_t soon_ = 0; // of the others, those that will not be long
    std::optional<pool_time> soon_until_;
    std::size_t doomed_ = 0;                 // of the closing ones, those that will be removed
    std::size_t replacing_ = 0;              // successors that are wanted
    std::optional<pool_time> background_at_; // when room for the minimum is asked for again
    pool_time asked_at_{};                   // the last time that connects_due() was told
    std::uint64_t generation_ = 0;
    bool paused_ = false;
    bool closed_ = false;

    // Life.
    std::minstd_rand random_; // for lifetimes
    due_order due_;           // slots, by the time when their age matters next
    idle_window window_;
    std::size_t surplus_ = 0; // idle connections to close for want of use
    bool reclaims_ = false;   // the budget asks for one
    bool sweeping_ = false;   // idle connections may have to go
    bool checking_ = false;   // some may have to be checked
    bool reporting_ = false;  // some use may be long
    std::size_t checks_ = 0;  // under way
    std::optional<pool_time> quarter_at_;
    std::optional<pool_time> check_at_;
    std::optional<pool_time> report_at_;
};

} // namespace copg::detail
