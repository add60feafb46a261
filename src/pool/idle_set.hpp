// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/slot.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/unordered_set.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace copg::detail {

std::size_t hash_of(session const& value) noexcept;

/// The connections that nobody uses, and which of them suits a session best: the one that served it
/// last, then its home (the seat that its hash falls on, so that a tenant's catalogue caches and
/// statements stay on few server processes), then the last used that needs no reset, then the last
/// used. Operations take constant time.
class idle_set {
public:
    explicit idle_set(std::size_t seats);
    ~idle_set();
    idle_set(idle_set const&) = delete;
    idle_set& operator=(idle_set const&) = delete;

    void add(pool_slot& slot) noexcept;
    /// The same, where it belongs by the time since which it is unused. Takes linear time.
    void add_back(pool_slot& slot) noexcept;
    void remove(pool_slot& slot) noexcept;
    /// Takes out the best for a session. Call when not empty.
    pool_slot& take(session const& wanted) noexcept;

    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    /// The one that was used last. Call when not empty.
    pool_slot& newest() noexcept;
    /// The one that has been unused for longest; null when empty.
    pool_slot* oldest() noexcept;

    /// A seat for a new connection. @return one that no other connection has
    std::size_t take_seat(pool_slot& slot);
    void leave_seat(std::size_t seat) noexcept;
    /// There may be this many connections from now on.
    void resize(std::size_t seats);

    template <class Function>
    void for_each(Function function) const {
        for (auto const* const list : {&clean_, &used_})
            for (auto const& slot : *list)
                function(slot);
    }
    template <class Function>
    void for_each(Function function) {
        for (auto* const list : {&clean_, &used_})
            for (auto it = list->begin(); it != list->end();)
                function(*it++); // the function may take it out
    }

private:
    using idle_list =
        boost::intrusive::list<pool_slot,
                               boost::intrusive::constant_time_size<false>,
                               boost::intrusive::member_hook<pool_slot,
                                                             boost::intrusive::list_member_hook<>,
                                                             &pool_slot::idle_hook>>;
    struct hash_session {
        std::size_t operator()(pool_slot const& slot) const noexcept {
            return hash_of(slot.last_session);
        }
    };
    struct same_session {
        bool operator()(pool_slot const& a, pool_slot const& b) const noexcept {
            return a.last_session == b.last_session;
        }
        bool operator()(session const& a, pool_slot const& b) const noexcept {
            return a == b.last_session;
        }
    };
    using session_index = boost::intrusive::unordered_multiset<
        pool_slot,
        boost::intrusive::member_hook<pool_slot,
                                      boost::intrusive::unordered_set_member_hook<>,
                                      &pool_slot::session_hook>,
        boost::intrusive::hash<hash_session>,
        boost::intrusive::equal<same_session>,
        boost::intrusive::power_2_buckets<true>,
        boost::intrusive::constant_time_size<false>>;

    pool_slot* home_of(std::size_t hash) const noexcept;

    idle_list clean_; // most recently used first
    idle_list used_;  // the next borrower's first statement brings a reset; most recent first
    std::vector<session_index::bucket_type> buckets_;
    session_index by_session_;
    std::vector<pool_slot*> seats_; // null where nobody sits
    std::vector<std::size_t> free_seats_;
    std::size_t size_ = 0;
};

} // namespace copg::detail
