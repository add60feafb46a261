// SPDX-License-Identifier: BSL-1.0
#include "config/tree.hpp"

#include <algorithm>

namespace copg::config::detail {

entry* node::find(std::string_view key) {
    auto const found = std::ranges::find(entries, key, &entry::key);
    return found == entries.end() ? nullptr : &*found;
}

entry const* node::find(std::string_view key) const {
    auto const found = std::ranges::find(entries, key, &entry::key);
    return found == entries.end() ? nullptr : &*found;
}

void merge(node& into, node from) {
    if (from.what == node::kind::null)
        return;
    if (into.what != node::kind::map || from.what != node::kind::map) {
        into = std::move(from);
        return;
    }
    for (auto& added : from.entries) {
        if (auto* const there = into.find(added.key); there == nullptr) {
            into.entries.push_back(std::move(added));
        } else {
            there->where = added.where;
            merge(there->value, std::move(added.value));
        }
    }
}

void report(problems& found, place const& where, std::string path, std::string sentence) {
    found.push_back(
        {problem::severity::error, where.file, where.line, std::move(path), std::move(sentence)});
}

void warn(problems& found, place const& where, std::string path, std::string sentence) {
    found.push_back(
        {problem::severity::warning, where.file, where.line, std::move(path), std::move(sentence)});
}

} // namespace copg::config::detail
