// SPDX-License-Identifier: BSL-1.0
#include "pool/idle_set.hpp"

#include "driver/session_data.hpp"

#include <algorithm>
#include <bit>

namespace copg::detail {
namespace {

// Hashes that differ in few bits must not share a bucket or a seat.
std::size_t mixed(std::size_t hash) noexcept {
    return hash * 0x9e37'79b9'7f4a'7c15U;
}

std::size_t buckets_for(std::size_t seats) noexcept {
    return std::bit_ceil(std::max<std::size_t>(seats, 4) * 2);
}

} // namespace

std::size_t hash_of(session const& value) noexcept {
    return value.empty() ? 0 : mixed(value.data()->hash) >> 32;
}

idle_set::idle_set(std::size_t seats)
    : buckets_(buckets_for(seats)),
      by_session_{session_index::bucket_traits{buckets_.data(), buckets_.size()}} {
    resize(seats);
}

idle_set::~idle_set() {
    by_session_.clear();
    clean_.clear();
    used_.clear();
}

void idle_set::add(pool_slot& slot) noexcept {
    (slot.clean ? clean_ : used_).push_front(slot);
    by_session_.insert(slot);
    ++size_;
}

void idle_set::add_back(pool_slot& slot) noexcept {
    auto& list = slot.clean ? clean_ : used_;
    auto const older = [&slot](pool_slot const& other) { return other.since <= slot.since; };
    list.insert(std::find_if(list.begin(), list.end(), older), slot);
    by_session_.insert(slot);
    ++size_;
}

void idle_set::remove(pool_slot& slot) noexcept {
    auto& list = slot.clean ? clean_ : used_;
    list.erase(list.iterator_to(slot));
    by_session_.erase(by_session_.iterator_to(slot));
    --size_;
}

pool_slot* idle_set::home_of(std::size_t hash) const noexcept {
    auto* const slot = seats_[(hash * seats_.size()) >> 32]; // 32 bits of hash, see hash_of
    return slot != nullptr && slot->idle_hook.is_linked() ? slot : nullptr;
}

pool_slot& idle_set::take(session const& wanted) noexcept {
    auto const hash = hash_of(wanted);
    auto const same =
        by_session_.find(wanted, [hash](session const&) { return hash; }, same_session{});
    pool_slot* chosen = nullptr;
    if (same != by_session_.end())
        chosen = &*same;
    else if (!wanted.empty())
        chosen = home_of(hash);
    if (chosen == nullptr)
        chosen = clean_.empty() ? &used_.front() : &clean_.front();
    remove(*chosen);
    return *chosen;
}

pool_slot& idle_set::newest() noexcept {
    if (clean_.empty() || used_.empty())
        return clean_.empty() ? used_.front() : clean_.front();
    return clean_.front().since >= used_.front().since ? clean_.front() : used_.front();
}

pool_slot* idle_set::oldest() noexcept {
    if (clean_.empty() || used_.empty())
        return empty() ? nullptr : clean_.empty() ? &used_.back() : &clean_.back();
    return clean_.back().since <= used_.back().since ? &clean_.back() : &used_.back();
}

std::size_t idle_set::take_seat(pool_slot& slot) {
    if (free_seats_.empty())
        resize(seats_.size() + 1); // of one that is about to go, after the pool was made smaller
    auto const seat = free_seats_.back();
    free_seats_.pop_back();
    seats_[seat] = &slot;
    return seat;
}

void idle_set::leave_seat(std::size_t seat) noexcept {
    seats_[seat] = nullptr;
    free_seats_.push_back(seat);
}

void idle_set::resize(std::size_t seats) {
    auto const before = seats_.size();
    if (seats <= before) // those in use may be anywhere
        return;
    seats_.resize(seats);
    free_seats_.reserve(seats); // so that leave_seat() needs no memory
    for (auto seat = seats; seat > before; --seat)
        free_seats_.push_back(seat - 1);
    auto const wanted = buckets_for(seats);
    if (wanted <= buckets_.size())
        return;
    std::vector<session_index::bucket_type> larger(wanted);
    by_session_.rehash(session_index::bucket_traits{larger.data(), larger.size()});
    buckets_.swap(larger);
}

} // namespace copg::detail
