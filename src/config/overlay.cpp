// SPDX-License-Identifier: BSL-1.0
#include "config/overlay.hpp"

#include "base/nearest.hpp"
#include "config/canonical.hpp"
#include "config/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace copg::config::detail {
namespace {

std::string in_capitals(std::string_view text) {
    std::string made{text};
    for (char& c : made) {
        auto const lower = c >= 'a' && c <= 'z';
        if (lower)
            c = static_cast<char>(c - 'a' + 'A');
        else if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9'))
            c = '_';
    }
    return made;
}

/// What a variable sets.
struct destination {
    std::vector<std::string> path; ///< of the mapping
    std::string_view key;
};

class destinations {
public:
    void add(std::string const& prefix, std::vector<std::string> const& path, unsigned place) {
        for (auto const& known : keys()) {
            if ((known.places & place) == 0 || known.type() == "mapping")
                continue;
            add(prefix + "_" + in_capitals(known.name), {path, known.name});
            for (auto const alias : known.aliases)
                add(prefix + "_" + in_capitals(alias), {path, known.name});
        }
    }

    void add_named(std::string const& prefix,
                   node const* names,
                   std::vector<std::string> const& path,
                   unsigned place) {
        if (names == nullptr)
            return;
        for (auto const& named : names->entries) {
            auto below = path;
            below.push_back(named.key);
            add(prefix + "_" + in_capitals(named.key), below, place);
        }
    }

    std::map<std::string, std::vector<destination>> by_variable;

private:
    void add(std::string const& variable, destination to) {
        by_variable[variable].push_back(std::move(to));
    }
};

node& descend(node& from, std::string_view key) {
    if (from.what == node::kind::null)
        from.what = node::kind::map;
    if (auto* const there = from.find(key))
        return there->value;
    from.entries.push_back({std::string{key}, from.where, {}});
    return from.entries.back().value;
}

void set(node& tree, destination const& to, std::string const& variable, std::string value) {
    auto* at = &tree;
    for (auto const& step : to.path)
        at = &descend(*at, step);
    auto& set_here = descend(*at, to.key);
    set_here = node{};
    set_here.what = node::kind::scalar;
    set_here.where = {"environment", 0};
    set_here.text = std::move(value);
    set_here.written = "${" + variable + "}";
    at->find(to.key)->where = set_here.where;
}

node const* value_at(node const& tree, std::string_view key) {
    auto const* const found = tree.find(key);
    return found == nullptr ? nullptr : &found->value;
}

} // namespace

void overlay(node& tree, load_options const& options, problems& found) {
    if (options.prefix.empty())
        return;
    auto const pools = options.prefix + "_DBPOOL_DEFINITIONS";
    auto const manager = options.prefix + "_DBMANAGER";
    destinations known;
    known.add_named(pools, value_at(tree, dbpool_root), {dbpool_root}, in_dbpool);
    known.add(manager, {manager_root}, in_manager);
    if (auto const* const section = value_at(tree, manager_root))
        known.add_named(manager + "_CONNECTIONS",
                        value_at(*section, "connections"),
                        {manager_root, "connections"},
                        in_connection);

    for (auto const& [variable, value] : options.environment) {
        if (!variable.starts_with(pools + "_") && !variable.starts_with(manager + "_"))
            continue;
        auto const to = known.by_variable.find(variable);
        if (to == known.by_variable.end()) {
            auto const meant =
                copg::detail::nearest(variable, known.by_variable | std::views::keys);
            report(found,
                   {"environment", 0},
                   variable,
                   meant.empty() ? "overrides nothing that there is"
                                 : fmt::format("overrides nothing; did you mean {}?", meant));
        } else if (to->second.size() > 1) {
            report(found, {"environment", 0}, variable, "can mean the keys of two definitions");
        } else {
            set(tree, to->second.front(), variable, value);
        }
    }
}

} // namespace copg::config::detail
