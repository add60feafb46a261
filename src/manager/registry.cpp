// SPDX-License-Identifier: BSL-1.0
#include "manager/registry.hpp"

#include <mutex>

namespace copg::detail {

// What is replaced or removed may close a pool as it goes: that waits for the mutex to be free.

void registry::set(std::string key, std::shared_ptr<registration> entry) {
    std::lock_guard const lock{mutex_};
    entries_[std::move(key)].swap(entry);
}

bool registry::remove(std::string_view key) {
    std::shared_ptr<registration> removed;
    std::lock_guard const lock{mutex_};
    auto const found = entries_.find(key);
    if (found == entries_.end())
        return false;
    removed = std::move(found->second);
    entries_.erase(found);
    return true;
}

bool registry::has(std::string_view key) const {
    std::shared_lock const lock{mutex_};
    return entries_.contains(key);
}

std::shared_ptr<registration> registry::find(std::string_view key) const {
    std::shared_lock const lock{mutex_};
    auto const found = entries_.find(key);
    return found == entries_.end() ? nullptr : found->second;
}

std::vector<std::string> registry::keys() const {
    std::shared_lock const lock{mutex_};
    std::vector<std::string> found;
    found.reserve(entries_.size());
    for (auto const& entry : entries_)
        found.push_back(entry.first);
    return found;
}

} // namespace copg::detail
