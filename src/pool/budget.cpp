// SPDX-License-Identifier: BSL-1.0
#include "pool/budget.hpp"

#include <copg/base/error.hpp>
#include <copg/pool/connection_budget.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace copg::detail {

budget_member::budget_member(std::shared_ptr<budget_state> state,
                             std::size_t minimum,
                             callbacks calls)
    : state_{std::move(state)}, minimum_{minimum}, calls_{std::move(calls)} {
    std::lock_guard const lock{state_->mutex_};
    if (state_->committed_ + minimum_ > state_->maximum_)
        throw error{errc::invalid_configuration,
                    fmt::format("a budget of {} connections cannot keep {} for one more pool: {} "
                                "are in use or kept for others",
                                state_->maximum_,
                                minimum_,
                                state_->committed_)};
    state_->committed_ += minimum_;
    state_->all_.push_back(*this);
}

budget_member::~budget_member() {
    std::lock_guard const lock{state_->mutex_};
    while (used_ > 0)
        state_->end_use(*this);
    state_->committed_ -= minimum_;
    state_->stop_waiting(*this);
    state_->all_.erase(state_->all_.iterator_to(*this));
    state_->wake_next();
}

bool budget_member::take(bool urgent) {
    std::lock_guard const lock{state_->mutex_};
    auto& waiting = state_->waiting_;
    auto const in_turn = waiting.empty() || &waiting.front() == this || used_ < minimum_;
    if (in_turn && state_->has_room_for(*this)) {
        state_->stop_waiting(*this);
        state_->add_use(*this);
        state_->wake_next();
        return true;
    }
    if (!urgent)
        return false;
    if (!waiting_hook_.is_linked()) {
        waiting.push_back(*this);
        ++state_->waiting_count_;
    }
    state_->make_room();
    return false;
}

void budget_member::give() noexcept {
    std::lock_guard const lock{state_->mutex_};
    state_->end_use(*this);
    state_->yielding_ -= std::min<std::size_t>(state_->yielding_, 1);
    state_->wake_next();
}

void budget_member::is_content() noexcept {
    if (state_->waiting_count_ == 0)
        return;
    std::lock_guard const lock{state_->mutex_};
    state_->stop_waiting(*this);
    state_->wake_next();
}

bool budget_member::must_yield(bool has_waiters) noexcept {
    if (state_->waiting_count_ == 0)
        return false;
    std::lock_guard const lock{state_->mutex_};
    auto const& waiting = state_->waiting_;
    if (waiting.size() <= state_->yielding_ || used_ <= minimum_)
        return false;
    if (has_waiters && used_ < waiting.front().used_ + 2) // nothing would be gained
        return false;
    ++state_->yielding_;
    ++state_->reclaimed_;
    return true;
}

void budget_member::note_idle(std::optional<time> oldest) noexcept {
    idle_since_.store(oldest.value_or(time::max()).time_since_epoch().count(),
                      std::memory_order_relaxed);
}

void budget_member::reclaim_ended() noexcept {
    std::lock_guard const lock{state_->mutex_};
    reclaiming_ = false;
    state_->make_room();
}

bool budget_state::has_room_for(budget_member const& member) const noexcept {
    return member.used_ < member.minimum_ || committed_ < maximum_;
}

void budget_state::add_use(budget_member& member) noexcept {
    ++used_;
    if (++member.used_ > member.minimum_)
        ++committed_;
}

void budget_state::end_use(budget_member& member) noexcept {
    --used_;
    if (member.used_-- > member.minimum_)
        --committed_;
}

void budget_state::stop_waiting(budget_member& member) noexcept {
    if (!member.waiting_hook_.is_linked())
        return;
    waiting_.erase(waiting_.iterator_to(member));
    --waiting_count_;
}

/// Asks for the connections that have been idle for longest, as many as pools wait for.
void budget_state::make_room() noexcept {
    auto const asked = static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(), [](auto const& m) { return m.reclaiming_; }));
    if (committed_ < maximum_ || waiting_.size() <= asked + yielding_)
        return;
    auto const spare = [](budget_member const& member) {
        auto const since = member.idle_since_.load(std::memory_order_relaxed);
        return member.reclaiming_ || member.used_ <= member.minimum_
                   ? budget_account::time::max().time_since_epoch().count()
                   : since;
    };
    auto const oldest =
        std::min_element(all_.begin(), all_.end(), [&](auto const& a, auto const& b) {
            return spare(a) < spare(b);
        });
    if (oldest == all_.end() ||
        spare(*oldest) == budget_account::time::max().time_since_epoch().count())
        return; // the next one that comes back will be asked for
    oldest->reclaiming_ = true;
    ++reclaimed_;
    oldest->calls_.reclaim();
}

void budget_state::wake_next() noexcept {
    if (waiting_.empty() || !has_room_for(waiting_.front()))
        return;
    waiting_.front().calls_.ask_again();
}

std::size_t budget_state::used() const noexcept {
    std::lock_guard const lock{mutex_};
    return used_;
}

std::uint64_t budget_state::reclaimed() const noexcept {
    std::lock_guard const lock{mutex_};
    return reclaimed_;
}

} // namespace copg::detail

namespace copg {

connection_budget::connection_budget(std::size_t maximum)
    : state_{std::make_shared<detail::budget_state>(maximum)} {
    if (maximum == 0)
        throw error{errc::invalid_configuration, "a budget must hold at least 1 connection"};
}

connection_budget::~connection_budget() = default;

std::size_t connection_budget::maximum() const noexcept {
    return state_->maximum();
}

std::size_t connection_budget::used() const noexcept {
    return state_->used();
}

std::size_t connection_budget::waiting() const noexcept {
    return state_->waiting();
}

std::uint64_t connection_budget::reclaimed() const noexcept {
    return state_->reclaimed();
}

} // namespace copg
