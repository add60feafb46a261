// SPDX-License-Identifier: BSL-1.0
#include <copg/config/apply.hpp>
#include <copg/config/convert.hpp>

#include <string>
#include <utility>
#include <vector>

namespace copg::config {

target target_of(definition const& from) {
    target made;
    made.type = from.type;
    made.tags = from.tags;
    if (from.type != database_type::postgres)
        return made;
    auto const leads_to = dsn_of(from);
    made.dsn = leads_to.canonical_key();
    made.schema = schema_of(from).value_or("");
    made.settings = from.rls_context;
    made.pool = pool_options_of(from);
    return made;
}

manager_options manager_options_of(configuration const& from) {
    manager_options made;
    made.health.interval = from.manager.health_check_interval;
    made.health.auto_reconnect = from.manager.enable_auto_reconnect;
    return made;
}

void apply(configuration const& from, manager& to) {
    std::vector<std::pair<std::string, target>> targets;
    for (auto const& each : from.definitions)
        targets.emplace_back(each.name, target_of(each));
    for (auto const& [name, where] : targets)
        to.set_named(name, where);
    if (!from.manager.default_connection.empty())
        to.set_default(from.manager.default_connection);
}

} // namespace copg::config
