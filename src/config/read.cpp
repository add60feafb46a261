// SPDX-License-Identifier: BSL-1.0
#include "config/read.hpp"

#include "config/canonical.hpp"
#include "config/section_reader.hpp"

#include <fmt/format.h>

namespace copg::config::detail {
namespace {

definition made_of_defaults(section where) {
    definition made;
    made.section = where;
    problems none;
    section_reader reader{none, &made, nullptr, &made.pool};
    for (auto const& known : keys()) {
        auto const in_dbmanager = where == section::dbmanager;
        auto const text = in_dbmanager ? known.manager_default : known.dbpool_default;
        if (text.empty() || (known.places & (in_dbmanager ? in_connection : in_dbpool)) == 0)
            continue;
        node scalar;
        scalar.what = node::kind::scalar;
        scalar.text = text;
        reader.read(known, scalar, {});
    }
    return made;
}

/// Reads a definition's keys; a key without a value counts as not written.
located_definition
read_definition(entry const& named, section where, std::string const& root, problems& found) {
    located_definition made;
    made.value.name = named.key;
    made.value.section = where;
    made.path = root + "." + named.key;
    made.where = named.where;
    section_reader reader{found, &made.value, nullptr, &made.value.pool};
    auto const place = where == section::dbmanager ? in_connection : in_dbpool;
    for (auto const& [name, at, value] : named.value.entries) {
        auto const path = made.path + "." + name;
        if (value.what == node::kind::null)
            continue;
        made.keys.emplace(name, at);
        if (name == "name" && value.text != named.key)
            report(found, at, path, fmt::format("must be the key, {}", named.key));
        if (name == "type")
            made.has_type = type_of(value.text).has_value();
        reader.read(*find_key(name, place), value, path);
    }
    return made;
}

// Of two delays that contradict each other, the one that is not written gives way.
void fit_delays(manager_settings& settings, read_result const& all) {
    if (settings.retry_delay <= settings.retry_max_delay)
        return;
    if (!all.manager_keys.contains("retry_max_delay"))
        settings.retry_max_delay = settings.retry_delay;
    else if (!all.manager_keys.contains("retry_delay"))
        settings.retry_delay = settings.retry_max_delay;
}

void read_manager(entry const& root, read_result& into, problems& found) {
    manager_section all;
    section_reader reader{found, nullptr, &all.settings, &all.pool};
    into.has_manager = true;
    into.manager_place = root.where;
    for (auto const& [name, at, value] : root.value.entries) {
        if (value.what == node::kind::null)
            continue;
        into.manager_keys.emplace(name, at);
        reader.read(*find_key(name, in_manager), value, fmt::format("{}.{}", root.key, name));
    }
    fit_delays(all.settings, into);
    all.settings.health_check_interval =
        all.pool.health_interval.value_or(all.settings.health_check_interval);
    into.manager = all.settings;
    auto const* const connections = root.value.find("connections");
    if (connections == nullptr)
        return;
    for (auto const& named : connections->value.entries) {
        auto made = read_definition(named, section::dbmanager, root.key + ".connections", found);
        made.value.inherited = all.pool;
        made.value.retry = all.settings.retry();
        into.definitions.push_back(std::move(made));
    }
}

} // namespace

place const& located_definition::place_of(std::string_view key) const {
    auto const found = keys.find(key);
    return found == keys.end() ? where : found->second;
}

read_result read(node const& tree, problems& found) {
    read_result all;
    for (auto const& root : tree.entries) {
        if (root.key == manager_root)
            read_manager(root, all, found);
        else
            for (auto const& named : root.value.entries)
                all.definitions.push_back(
                    read_definition(named, section::dbpool_definitions, root.key, found));
    }
    return all;
}

definition const& defaults_of(section where) {
    static auto const dbpool = made_of_defaults(section::dbpool_definitions);
    static auto const manager = made_of_defaults(section::dbmanager);
    return where == section::dbmanager ? manager : dbpool;
}

} // namespace copg::config::detail
