// SPDX-License-Identifier: BSL-1.0
// The transaction scopes of a modelled pool: who is inside of which, and who waits for whom.
#include "simulation/world.hpp"

#include <algorithm>

namespace copg::test {

/// Those that hold connections, those that wait for theirs, and the one that will be the next.
std::vector<std::uint64_t> modelled_pool::scopes() const {
    std::vector<std::uint64_t> all{last_scope_ + 1};
    for (auto const& [slot, scope] : holders_)
        if (scope != 0)
            all.push_back(scope);
    for (auto const& waiter : waiting_)
        if (waiter->scope != 0)
            all.push_back(waiter->scope);
    return all;
}

/// Somebody who will wait does so inside of one scope or two.
void modelled_pool::go_inside(guest& waiter) {
    auto const all = scopes();
    for (auto depth = 1 + random_.below(2); depth > 0; --depth) {
        auto const chosen = all[random_.below(static_cast<unsigned>(all.size()))];
        waiter.inside.emplace_back(chosen);
        waiter.holds_connection |=
            std::any_of(holders_.begin(), holders_.end(), [&](auto const& use) {
                return use.second == chosen;
            });
    }
}

bool modelled_pool::is_around_a_waiter(std::uint64_t scope) const {
    return std::any_of(waiting_.begin(), waiting_.end(), [scope](auto const& waiter) {
        return std::any_of(waiter->inside.begin(), waiter->inside.end(), [scope](auto const& one) {
            return one.id == scope;
        });
    });
}

/// A scope goes on when nobody waits inside of it any more.
bool modelled_pool::can_end(pool_slot const& used) const {
    auto const scope = holders_.at(&used);
    return scope == 0 || !is_around_a_waiter(scope);
}

/// The one that came last of those who wait for each other; null when no such circle holds all
/// that there may be.
modelled_pool::guest* modelled_pool::last_of_a_dead_lock() const {
    auto const all_used = core_.connected_count() == borrowed_.size() && connecting_.empty() &&
                          borrowed_.size() >= core_.options().maximum;
    if (!all_used || std::any_of(holders_.begin(), holders_.end(), [&](auto const& use) {
            return use.second == 0 || !is_around_a_waiter(use.second);
        }))
        return nullptr;
    auto const is_part = [&](auto const& waiter) {
        return std::any_of(holders_.begin(), holders_.end(), [&](auto const& use) {
            return std::any_of(waiter->inside.begin(),
                               waiter->inside.end(),
                               [&](auto const& around) { return around.id == use.second; });
        });
    };
    return std::find_if(waiting_.rbegin(), waiting_.rend(), is_part)->get();
}

void modelled_pool::refuse_deadlocked(pool_time now) {
    for (;;) {
        auto* const expected = last_of_a_dead_lock();
        auto* const waiter = core_.next_deadlocked(now);
        require(waiter == expected, "who is refused in a dead-lock");
        if (waiter == nullptr)
            return;
        leave(waiter, false);
        ++counted_.nested_refused;
    }
}

/// Whether scopes may wait for each other without holding all connections: until a timeout.
bool modelled_pool::may_stall() const {
    return member_ != nullptr || core_.options().tenant_maximum != 0 ||
           !core_.options().tenant_maxima.empty();
}

/// Somebody gives a connection back; if nobody can, somebody stops waiting, where that may be.
void modelled_pool::give_in(pool_time now) {
    auto const ends = std::find_if(
        borrowed_.begin(), borrowed_.end(), [&](auto const* used) { return can_end(*used); });
    if (ends != borrowed_.end())
        give_back(static_cast<std::size_t>(ends - borrowed_.begin()), now);
    else if (may_stall())
        cancel(now);
}

} // namespace copg::test
