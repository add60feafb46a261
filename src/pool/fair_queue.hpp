// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/waiter.hpp"

#include <copg/pool/pool_options.hpp>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace copg::detail {

using waiter_list =
    boost::intrusive::list<pool_waiter,
                           boost::intrusive::member_hook<pool_waiter,
                                                         boost::intrusive::list_member_hook<>,
                                                         &pool_waiter::queue_hook>>;

/// What the pool knows of one tenant, for as long as it waits, has been served of late, or is
/// charged for connections that it uses.
struct pool_tenant {
    session holder; // of the key's text
    std::string_view key;
    std::uint64_t cost = 0;  // of one grant
    std::size_t maximum = 0; // 0: none
    std::size_t in_use = 0;  // counted only where there are maxima
    std::uint64_t tag = 0;   // what it has been given so far, by the queue's clock
    bool fresh = false;      // it did not wait before, and has had less than its share
    std::size_t turns = 0;   // slots that have served it last
    waiter_list holders;     // those who hold a connection already
    waiter_list waiting;
    wait_times capped{};   // of the pool's clock, while at its maximum
    wait_times cap_mark{}; // the reading when it came there
    boost::intrusive::set_member_hook<> order_hook;
    boost::intrusive::list_member_hook<> urgent_hook;

    bool at_maximum() const noexcept { return maximum != 0 && in_use >= maximum; }
    bool waits() const noexcept { return !waiting.empty() || !holders.empty(); }
    std::size_t waiters() const noexcept { return waiting.size() + holders.size(); }
    /// Waiters that could be served now, all together.
    std::size_t eligible() const noexcept {
        auto const room = maximum - std::min(maximum, in_use);
        return maximum == 0 ? waiters() : std::min(waiters(), room);
    }
};

/// Who waits, and whose turn it is: first come first served within a tenant, weighted fair queueing
/// between tenants.
///
/// Each tenant has a tag, which grows by 1 / weight with each grant; the clock grows as the tag of
/// a tenant that gets exactly its share. Whoever has the lowest tag comes next. A tenant that
/// begins to wait starts `quantum` grants behind the clock at the most: so much of an unused share
/// is kept, for bursts. One that was served while nobody else waited has no claim from before.
///
/// A connection that becomes free stays with the tenant that it served, so that its catalogue
/// caches and statements are used, for as long as that tenant is not more than `quantum` ahead of
/// who comes next, and that one has waited before: a busy tenant delays a quiet one by no more than
/// the next connection that is freed. Before all come those who hold a connection already, since
/// others may wait for what they hold: their tenants take turns.
///
/// Invariants: a waiter is in exactly one tenant's lists; eligible() counts the waiters
/// that could be served at once without a tenant coming above its maximum; next() never passes over
/// an earlier waiter of the same tenant and kind; between two tenants that wait all the time,
/// grants per weight differ by at most the quantum and the connections in use. Removing a waiter
/// takes constant time, the rest at most the logarithm of the number of tenants.
class fair_queue {
public:
    explicit fair_queue(pool_options const& options);
    fair_queue(fair_queue const&) = delete;
    fair_queue& operator=(fair_queue const&) = delete;
    ~fair_queue();

    /// Whether tenants have maxima, so that whoever uses a connection must be charged.
    bool charges() const noexcept { return charges_; }

    /// The tenant of a session. It lives while it waits, is charged, or has turns.
    pool_tenant& tenant_of(session const& wanted);

    /// @param now  a reading of the pool's clock
    void push(pool_waiter& waiter, pool_tenant& tenant) noexcept;
    /// Takes out a waiter that is queued.
    void remove(pool_waiter& waiter) noexcept;
    /// Whom the free slot is to serve, taken out; null when nobody is eligible.
    pool_waiter* next(pool_slot& slot) noexcept;
    /// Whoever has waited for longest; null when nobody waits.
    pool_waiter* oldest() noexcept { return arrivals_.empty() ? nullptr : &arrivals_.front(); }
    pool_waiter const* oldest() const noexcept {
        return arrivals_.empty() ? nullptr : &arrivals_.front();
    }
    /// Lets go of a tenant that next() has chosen, unless it is needed.
    void tidy(pool_tenant& tenant) noexcept;

    /// A connection of the tenant's is in use from now on. @param clock  a reading
    void charge(pool_tenant& tenant, wait_times const& clock) noexcept;
    /// No longer.
    void discharge(pool_tenant& tenant, wait_times const& clock) noexcept;
    /// The slot serves nobody's turn any more.
    void end_turn(pool_slot& slot) noexcept;

    /// How long the tenant could have been served, by cause: the clock without what it spent at
    /// its maximum.
    static wait_times served(pool_tenant const& tenant, wait_times const& clock) noexcept;

    std::size_t size() const noexcept { return size_; }
    std::size_t eligible() const noexcept { return eligible_; }
    std::size_t tenants() const noexcept { return tenants_.size(); }

private:
    struct lower_tag {
        bool operator()(pool_tenant const& a, pool_tenant const& b) const noexcept {
            return a.tag < b.tag;
        }
    };
    using tag_order = boost::intrusive::multiset<
        pool_tenant,
        boost::intrusive::
            member_hook<pool_tenant, boost::intrusive::set_member_hook<>, &pool_tenant::order_hook>,
        boost::intrusive::compare<lower_tag>>;
    using arrival_list =
        boost::intrusive::list<pool_waiter,
                               boost::intrusive::member_hook<pool_waiter,
                                                             boost::intrusive::list_member_hook<>,
                                                             &pool_waiter::arrival_hook>>;
    using urgent_list =
        boost::intrusive::list<pool_tenant,
                               boost::intrusive::member_hook<pool_tenant,
                                                             boost::intrusive::list_member_hook<>,
                                                             &pool_tenant::urgent_hook>>;

    void unlink(pool_waiter& waiter, pool_tenant& tenant, waiter_list& from) noexcept;
    pool_waiter& take(pool_tenant& tenant, waiter_list& from) noexcept;
    pool_waiter* next_urgent() noexcept;
    pool_tenant* front() noexcept;
    bool stays_with(pool_tenant& tenant, pool_tenant const& next) const noexcept;
    void enlist(pool_tenant& tenant) noexcept;
    void serve(pool_tenant& tenant, pool_slot& slot) noexcept;
    void forget_if_idle(pool_tenant& tenant) noexcept;

    pool_options const& options_;
    std::uint64_t const quantum_; // in units of tags
    bool const charges_;
    std::unordered_map<std::string_view, pool_tenant> tenants_;
    arrival_list arrivals_;
    urgent_list urgent_; // those with holders, unless they are at their maximum
    tag_order order_;    // those who wait and may be served, and some who waited of late
    std::uint64_t clock_ = 0;
    std::size_t size_ = 0;
    std::size_t eligible_ = 0;
};

} // namespace copg::detail
