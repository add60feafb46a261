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
    stop_yielding(yielding_);
    set_reclaiming(false);
    while (used_ > 0)
        state_->end_use(*this);
    state_->committed_ -= minimum_;
    state_->stop_waiting(*this);
    state_->all_.erase(state_->all_.iterator_to(*this));
    state_->wake_next();
    state_->make_room();
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
    stop_yielding(std::min<std::size_t>(yielding_, 1));
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
    if (!state_->needs_room() || staying() <= minimum_)
        return false;
    auto const gains = [this](budget_member const& other) {
        return other.used_ == 0 || used_ >= other.used_ + 2;
    };
    auto const& waiting = state_->waiting_;
    if (has_waiters && std::none_of(waiting.begin(), waiting.end(), gains))
        return false;
    state_->start_yielding(*this);
    return true;
}

bool budget_member::yields() noexcept {
    std::lock_guard const lock{state_->mutex_};
    set_reclaiming(false); // it is done, or was for nothing
    if (!state_->needs_room() || staying() <= minimum_)
        return false;
    state_->start_yielding(*this);
    return true;
}

void budget_member::stop_yielding(std::size_t count) noexcept {
    yielding_ -= count;
    state_->yielding_ -= count;
}

void budget_member::set_reclaiming(bool reclaiming) noexcept {
    if (std::exchange(reclaiming_, reclaiming) != reclaiming)
        reclaiming ? ++state_->asked_ : --state_->asked_;
}

void budget_member::note_idle(std::optional<time> oldest) noexcept {
    // Either a pool that begins to wait sees this, or this sees that it waits.
    idle_since_.store(oldest.value_or(time::max()).time_since_epoch().count());
    if (!oldest || state_->waiting_count_ == 0)
        return;
    std::lock_guard const lock{state_->mutex_};
    state_->make_room();
}

void budget_member::reclaim_ended() noexcept {
    std::lock_guard const lock{state_->mutex_};
    set_reclaiming(false);
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

void budget_state::start_yielding(budget_member& member) noexcept {
    ++member.yielding_;
    ++yielding_;
    ++reclaimed_;
}

/// Whether more pools wait than there is room for or has been asked for.
bool budget_state::needs_room() const noexcept {
    return waiting_.size() > asked_ + yielding_ + (maximum_ - committed_);
}

/// Asks for the connection that has been idle for longest.
void budget_state::make_room() noexcept {
    if (!needs_room())
        return;
    auto const spare = [](budget_member const& member) {
        auto const since = member.idle_since_.load();
        return member.reclaiming_ || member.staying() <= member.minimum_
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
    oldest->set_reclaiming(true);
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
