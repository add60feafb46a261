// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/budget_account.hpp"

#include <boost/intrusive/list.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace copg::detail {

class budget_state;

/// One pool's part of a budget.
class budget_member final : public budget_account {
public:
    /// Both may be called under any lock, from any thread: they post.
    struct callbacks {
        std::function<void()> ask_again; ///< there is room: take() it, or say is_content()
        std::function<void()> reclaim;   ///< close the longest unused connection, if one is idle;
                                         ///< reclaim_ended() must follow
    };

    /// @throws error errc::invalid_configuration when the pools' minimums exceed the budget
    budget_member(std::shared_ptr<budget_state> state, std::size_t minimum, callbacks calls);
    /// All that the pool has goes back to the others.
    ~budget_member();
    budget_member(budget_member const&) = delete;
    budget_member& operator=(budget_member const&) = delete;

    bool take(bool urgent) override;
    void give() noexcept override;
    void is_content() noexcept override;
    bool must_yield(bool has_waiters) noexcept override;
    bool yields() noexcept override;
    void note_idle(std::optional<time> oldest) noexcept override;

    /// The pool has done what reclaim asked for, or has nothing idle any more.
    void reclaim_ended() noexcept;

private:
    friend budget_state;

    std::shared_ptr<budget_state> const state_;
    std::size_t const minimum_;
    callbacks const calls_;
    std::atomic<time::rep> idle_since_ = time::max().time_since_epoch().count();

    std::size_t staying() const noexcept { return used_ - yielding_; }
    void stop_yielding(std::size_t count) noexcept;
    void set_reclaiming(bool reclaiming) noexcept;

    // Guarded by the state's mutex.
    std::size_t used_ = 0;
    std::size_t yielding_ = 0; // connections that go to make room, not gone yet
    bool reclaiming_ = false;
    boost::intrusive::list_member_hook<> all_hook_;
    boost::intrusive::list_member_hook<> waiting_hook_;
};

/// What the pools of one budget share.
///
/// Invariants: the sum over the pools of max(used, minimum) never exceeds the maximum; pools that
/// wait for room get it in the order in which they asked, one connection each time; no more
/// connections are asked back than pools wait, those counted for which there is room already; no
/// connection stays idle above its pool's minimum while a pool waits.
///
/// Thread safety: every function may be called from any thread. A pool calls with its own mutex
/// held; nothing here calls a pool but through its callbacks.
class budget_state {
public:
    explicit budget_state(std::size_t maximum) noexcept : maximum_{maximum} {}

    std::size_t maximum() const noexcept { return maximum_; }
    std::size_t used() const noexcept;
    std::size_t waiting() const noexcept { return waiting_count_; }
    std::uint64_t reclaimed() const noexcept;

private:
    friend budget_member;

    template <auto Hook>
    using member_list = boost::intrusive::list<
        budget_member,
        boost::intrusive::member_hook<budget_member, boost::intrusive::list_member_hook<>, Hook>>;

    bool has_room_for(budget_member const& member) const noexcept;
    void add_use(budget_member& member) noexcept;
    void end_use(budget_member& member) noexcept;
    void stop_waiting(budget_member& member) noexcept;
    bool needs_room() const noexcept;
    void start_yielding(budget_member& member) noexcept;
    void make_room() noexcept;
    void wake_next() noexcept;

    std::size_t const maximum_;
    std::atomic<std::size_t> waiting_count_ = 0;

    mutable std::mutex mutex_; // guards all below, and the members' state
    std::size_t used_ = 0;
    std::size_t committed_ = 0; // the sum of max(used, minimum)
    std::size_t asked_ = 0;     // members that reclaim
    std::size_t yielding_ = 0;  // the sum of the members'
    std::uint64_t reclaimed_ = 0;
    member_list<&budget_member::all_hook_> all_;
    member_list<&budget_member::waiting_hook_> waiting_;
};

} // namespace copg::detail
