// SPDX-License-Identifier: BSL-1.0
// What pool_core decides about new connections.
#include "pool/core.hpp"

#include <algorithm>

namespace copg::detail {
namespace {

constexpr std::chrono::milliseconds patience{50};   // with what is being cleaned up
constexpr std::chrono::seconds background_pause{1}; // until the budget is asked again

} // namespace

/// Connections that will soon serve a waiter: they are being rolled back or checked, and have not
/// been for long.
void pool_core::count_soon(pool_time now) noexcept {
    soon_ = 0;
    soon_until_.reset();
    if (closing_ == doomed_)
        return;
    for (auto const& slot : slots_) {
        auto const until = slot.closing_since + patience;
        if (slot.now != pool_slot::state::closing || slot.doomed || until <= now)
            continue;
        ++soon_;
        soon_until_ = std::min(soon_until_.value_or(until), until);
    }
}

/// Connections that waiters need beside those there are.
std::size_t pool_core::connects_urgent() const noexcept {
    auto const eligible = paused_ ? std::size_t{0} : queue_.eligible();
    return eligible > soon_ ? eligible - soon_ : std::size_t{0};
}

/// How many connections there should be, those that are being made included.
std::size_t pool_core::connects_wanted() const noexcept {
    if (closed_)
        return 0;
    auto const wanted = slots_.size() + connects_urgent() + std::min(replacing_, idle_.size());
    return std::min(options_.maximum, std::max(options_.minimum, wanted));
}

std::size_t pool_core::connects_due(pool_time now) {
    asked_at_ = now;
    count_soon(now);
    auto const wanted = connects_wanted();
    auto const missing = wanted > slots_.size() ? wanted - slots_.size() : std::size_t{0};
    if (missing == 0 && connecting_ == 0)
        gate_.calm();
    auto const at_once = std::min(missing, gate_.limit(now, slots_.size()));
    auto const due = at_once > connecting_ ? at_once - connecting_ : std::size_t{0};
    auto const given = budget_ == nullptr ? due : take_room(due, now);
    if (given == 0)
        return 0;
    connecting_ += given;
    note_cause(now);
    return given;
}

/// What the budget has room for. The minimum is filled with what nobody else wants.
std::size_t pool_core::take_room(std::size_t due, pool_time now) {
    std::size_t given = 0;
    while (given < due) {
        auto const urgent = connecting_ + given < connects_urgent();
        if (!urgent && background_at_ && now < *background_at_)
            break;
        if (!budget_->take(urgent)) {
            if (urgent)
                return given; // and is told when
            background_at_ = now + background_pause;
            break;
        }
        ++given;
    }
    budget_->is_content();
    return given;
}

pool_slot& pool_core::connected(std::shared_ptr<connection_impl> connection,
                                std::uint64_t generation,
                                pool_time now) {
    auto& slot = slots_.emplace_back();
    slot.self = std::prev(slots_.end());
    slot.seat = idle_.take_seat(slot);
    slot.connection = std::move(connection);
    slot.generation = generation;
    slot.now = pool_slot::state::closing;
    slot.since = slot.last_sign = now;
    ++closing_;
    --connecting_;
    ++counters_.connected;
    gate_.succeeded();
    set_off(now);
    if (options_.lifetime.count() > 0) {
        std::uniform_real_distribution<double> jitter{0, options_.lifetime_jitter};
        auto const whole = std::chrono::duration<double, std::milli>{options_.lifetime};
        auto const life =
            std::chrono::duration_cast<pool_time::duration>(whole * (1 - jitter(random_)));
        slot.expires_at = now + life;
        schedule(slot,
                 now + life - std::min<pool_time::duration>(life / 10, std::chrono::seconds{30}));
    }
    auto const old = std::find_if(
        due_.begin(), due_.end(), [](pool_slot const& other) { return other.succession; });
    if (old != due_.end())
        retire(*old); // this is its successor
    note_cause(now);
    return slot;
}

void pool_core::connect_failed(pool_time now) {
    --connecting_;
    ++counters_.connects_failed;
    gate_.failed(now);
    if (budget_ != nullptr)
        budget_->give();
    note_cause(now);
}

void pool_core::connect_abandoned() noexcept {
    --connecting_;
    if (budget_ != nullptr)
        budget_->give();
}

} // namespace copg::detail
