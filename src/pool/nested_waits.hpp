// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/waiter.hpp"

#include <boost/intrusive/set.hpp>

#include <iterator>

namespace copg::detail {

/// The waiters that are inside of transaction scopes, by scope. Allocates nothing; each of its
/// functions takes the logarithm of their number for each scope.
class nested_waits {
public:
    nested_waits() = default;
    nested_waits(nested_waits const&) = delete;
    nested_waits& operator=(nested_waits const&) = delete;
    ~nested_waits() { by_scope_.clear(); }

    bool empty() const noexcept { return by_scope_.empty(); }

    /// The waiter is queued.
    void add(pool_waiter& waiter) noexcept {
        for (auto& around : waiter.inside) {
            around.waiter = &waiter;
            around.arrival = arrivals_;
            by_scope_.insert(around); // behind those of the same scope
        }
        ++arrivals_;
    }

    /// It no longer is.
    void remove(pool_waiter& waiter) noexcept {
        for (auto& around : waiter.inside)
            by_scope_.erase(by_scope_.iterator_to(around));
    }

    /// Whoever came last of those inside of the scope; null when nobody is.
    enclosing_scope const* youngest_in(std::uint64_t scope) const noexcept {
        auto const end = by_scope_.upper_bound(scope, lower_id{});
        if (end == by_scope_.begin() || std::prev(end)->id != scope)
            return nullptr;
        return &*std::prev(end);
    }

private:
    struct lower_id {
        bool operator()(enclosing_scope const& a, enclosing_scope const& b) const noexcept {
            return a.id < b.id;
        }
        bool operator()(std::uint64_t scope, enclosing_scope const& b) const noexcept {
            return scope < b.id;
        }
    };
    using scope_order = boost::intrusive::multiset<
        enclosing_scope,
        boost::intrusive::member_hook<enclosing_scope,
                                      boost::intrusive::set_member_hook<>,
                                      &enclosing_scope::hook>,
        boost::intrusive::compare<lower_id>>;

    scope_order by_scope_;
    std::uint64_t arrivals_ = 0;
};

} // namespace copg::detail
