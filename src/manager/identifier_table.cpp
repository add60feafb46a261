// SPDX-License-Identifier: BSL-1.0
#include "manager/identifier_table.hpp"

#include "manager/option_names.hpp"

#include <copg/base/error.hpp>

#include <fmt/format.h>

#include <set>
#include <vector>

namespace copg::detail {
namespace {

std::map<std::string, std::string> settings_of(registration const& of) {
    return of.details() != nullptr ? of.details()->settings : std::map<std::string, std::string>{};
}

/// What two targets say differently, by name; values can be secret.
std::vector<std::string> differences(registration const& a, registration const& b) {
    std::vector<std::string> found;
    auto const& one = a.leads_to()->leads_to->target().target().parameters();
    auto const& other = b.leads_to()->leads_to->target().target().parameters();
    std::set<std::string> keywords;
    for (auto const* parameters : {&one, &other})
        for (auto const& [keyword, value] : *parameters)
            keywords.insert(keyword);
    for (auto const& keyword : keywords) {
        auto const left = one.find(keyword);
        auto const right = other.find(keyword);
        if (left == one.end() || right == other.end() || left->second != right->second)
            found.push_back(keyword);
    }
    if (a.schema() != b.schema())
        found.emplace_back("schema");
    if (a.role() != b.role())
        found.emplace_back("role");
    if (settings_of(a) != settings_of(b))
        found.emplace_back("settings");
    if (a.leads_to()->leads_to != b.leads_to()->leads_to && found.empty())
        found.emplace_back("pool"); // hooks of its own
    auto names = differing_options(a.leads_to()->options, b.leads_to()->options);
    found.insert(found.end(), names.begin(), names.end());
    return found;
}

} // namespace

identifier_entry::~identifier_entry() {
    table_->forget(registered_->id());
}

std::shared_ptr<identifier_entry const>
identifier_table::claim(registration::pointer const& wanted) {
    auto shared = known(wanted->id());
    while (shared == nullptr) {
        auto fresh = std::make_shared<identifier_entry const>(
            shared_from_this(),
            wanted,
            database{wanted->leads_to()->leads_to->get(),
                     wanted->make_session(scope_key::kind::target)});
        std::lock_guard const lock{mutex_};
        auto& place = entries_[std::string{wanted->id()}];
        if (place.expired()) {
            place = fresh;
            return fresh;
        }
        shared = place.lock();
    }
    auto const differing = differences(shared->registered(), *wanted);
    if (!differing.empty())
        throw error{errc::identifier_conflict,
                    fmt::format("the pool \"{}\" exists with another {}",
                                wanted->id(),
                                fmt::join(differing, ", "))};
    return shared;
}

void identifier_table::forget(std::string_view identifier) noexcept {
    std::lock_guard const lock{mutex_};
    auto const found = entries_.find(identifier);
    if (found != entries_.end() && found->second.expired())
        entries_.erase(found);
}

std::size_t identifier_table::size() const {
    std::lock_guard const lock{mutex_};
    return entries_.size();
}

std::shared_ptr<identifier_entry const> identifier_table::known(std::string_view identifier) const {
    std::lock_guard const lock{mutex_};
    auto const found = entries_.find(identifier);
    return found == entries_.end() ? nullptr : found->second.lock();
}

} // namespace copg::detail
