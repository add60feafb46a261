// SPDX-License-Identifier: BSL-1.0
#include "scope/savepoints.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace copg::detail {

savepoints::number savepoints::enter() {
    open_.push_back({++last_, false});
    return last_;
}

bool savepoints::has(number level) const noexcept {
    return std::any_of(
        open_.begin(), open_.end(), [level](entry const& e) { return e.level == level; });
}

std::vector<std::string> savepoints::due() const {
    std::vector<std::string> statements;
    if (released_ != 0)
        statements.push_back(fmt::format("release savepoint {}", name_of(released_)));
    for (auto const& each : open_)
        if (!each.made)
            statements.push_back(fmt::format("savepoint {}", name_of(each.level)));
    return statements;
}

void savepoints::done(std::size_t count) noexcept {
    if (count > 0 && released_ != 0) {
        released_ = 0;
        --count;
    }
    for (auto& each : open_) {
        if (count == 0)
            return;
        if (!each.made) {
            each.made = true;
            --count;
        }
    }
}

void savepoints::unknown() noexcept {
    for (auto& each : open_)
        each.made = true;
    released_ = 0;
}

void savepoints::none() noexcept {
    for (auto& each : open_)
        each.made = false;
    released_ = 0;
}

void savepoints::release(number level) noexcept {
    auto const found = find(level);
    if (found == open_.end())
        return;
    if (found->made)
        released_ = level; // what is still to be released is inside
    open_.erase(found, open_.end());
}

std::optional<std::string> savepoints::undo(number level) {
    auto const found = find(level);
    if (found == open_.end())
        return std::nullopt;
    auto const made = found->made;
    open_.erase(found, open_.end());
    if (!made)
        return std::nullopt;
    released_ = 0; // it was inside
    return name_of(level);
}

std::string savepoints::name_of(number level) {
    return fmt::format("copg_scope_{}", level);
}

std::vector<savepoints::entry>::iterator savepoints::find(number level) noexcept {
    return std::find_if(
        open_.begin(), open_.end(), [level](entry const& e) { return e.level == level; });
}

} // namespace copg::detail
