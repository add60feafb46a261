// SPDX-License-Identifier: BSL-1.0
#include "manager/registry_shard.hpp"

namespace copg::detail {

// Whatever is given up here may close a pool as it goes: that waits for the locks to be free.

registry_shard::~registry_shard() {
    close();
}

void registry_shard::set(registration::pointer const& entry, std::size_t hash) {
    registration::pointer old;
    std::unique_ptr<database const> handle;
    std::lock_guard const changing{changing_};
    if (closed_)
        return;
    auto const known = table_.find(key{entry->id(), hash});
    if (known != table_.end()) {
        if (!(*known)->same_as(*entry)) {
            std::lock_guard const lock{mutex_};
            old = replace(known, entry, handle);
        }
        return;
    }
    if (table_.size() >= table_.max_load())
        grow();
    std::lock_guard const lock{mutex_};
    table_.insert(entry.get());
    intrusive_ptr_add_ref(entry.get());
}

bool registry_shard::exchange(key const& which,
                              registration const* expected,
                              registration::pointer const& entry) {
    registration::pointer old;
    std::unique_ptr<database const> handle;
    std::lock_guard const changing{changing_};
    auto const found = table_.find(which);
    if (found == table_.end() || *found != expected)
        return false;
    std::lock_guard const lock{mutex_};
    old = replace(found, entry, handle);
    return true;
}

registration::pointer registry_shard::remove(key const& which) {
    auto known = find(which);
    while (known != nullptr && !exchange(which, known.get(), nullptr))
        known = find(which);
    return known;
}

registration::pointer registry_shard::find(key const& which) const {
    std::shared_lock const lock{mutex_};
    auto const found = table_.find(which);
    return found == table_.end() ? nullptr : registration::pointer{*found};
}

std::optional<database> registry_shard::warm(key const& which) const {
    std::shared_lock const lock{mutex_};
    auto const found = table_.find(which);
    if (found == table_.end() || (*found)->warm_ == nullptr)
        return std::nullopt;
    return *(*found)->warm_;
}

void registry_shard::keep_warm(key const& which,
                               registration const* entry,
                               database const& handle) {
    auto kept = std::make_unique<database const>(handle);
    std::unique_ptr<database const> gone;
    std::unique_lock const changing{changing_, std::try_to_lock};
    if (!changing) // the table may be growing: the next lookup keeps it
        return;
    std::lock_guard const lock{mutex_};
    auto const found = table_.find(which);
    if (found == table_.end() || *found != entry || (*found)->warm_ != nullptr)
        return;
    auto& known = **found;
    if (warm_.size() < most_warm_) {
        known.warm_at_ = warm_.size();
        warm_.push_back(&known);
    } else {
        auto& place = warm_[oldest_];
        gone = std::move(place->warm_);
        known.warm_at_ = oldest_;
        place = &known;
        oldest_ = (oldest_ + 1) % most_warm_;
    }
    known.warm_ = std::move(kept);
}

std::size_t registry_shard::size() const {
    std::shared_lock const lock{mutex_};
    return table_.size();
}

void registry_shard::copy_to(std::vector<registration::pointer>& all) const {
    std::shared_lock const lock{mutex_};
    all.insert(all.end(), table_.begin(), table_.end());
}

void registry_shard::close() {
    table gone;
    {
        std::lock_guard const changing{changing_};
        closed_ = true;
        std::lock_guard const lock{mutex_};
        gone.swap(table_);
        warm_.clear();
        oldest_ = 0;
    }
    for (auto* const entry : gone)
        registration::pointer{entry, false};
}

/// Makes room in a table aside. Under changing_ alone: nobody else changes what is copied.
void registry_shard::grow() {
    table bigger;
    bigger.reserve(2 * (table_.size() + 1));
    for (auto* const entry : table_)
        bigger.insert(entry);
    std::lock_guard const lock{mutex_};
    table_.swap(bigger);
}

/// Under both locks; allocates nothing.
/// @param entry   null: none comes in its place
/// @param handle  gets what was kept for the old one
/// @return the old one
registration::pointer registry_shard::replace(table::iterator known,
                                              registration::pointer const& entry,
                                              std::unique_ptr<database const>& handle) {
    registration::pointer old{*known, false};
    if (entry == nullptr) {
        table_.erase(known);
    } else {
        intrusive_ptr_add_ref(entry.get());
        const_cast<registration*&>(*known) = entry.get(); // of the same id: its place is the same
    }
    handle = std::move(old->warm_);
    if (handle != nullptr)
        forget_warm(*old);
    return old;
}

void registry_shard::forget_warm(registration& entry) noexcept {
    auto* const last = warm_.back();
    warm_[entry.warm_at_] = last;
    last->warm_at_ = entry.warm_at_;
    warm_.pop_back();
    if (oldest_ >= warm_.size())
        oldest_ = 0;
}

} // namespace copg::detail
