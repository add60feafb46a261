// SPDX-License-Identifier: BSL-1.0
#include "config/keys.hpp"
#include "config/read.hpp"
#include "config/settle.hpp"

#include <copg/base/error.hpp>
#include <copg/config/convert.hpp>
#include <copg/driver/dsn_builder.hpp>
#include <copg/manager/pool_parameters.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace copg::config {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds no_limit{std::chrono::hours{24}};

void require_postgres(definition const& from) {
    if (from.type != database_type::postgres)
        throw error{errc::unsupported_database,
                    fmt::format("\"{}\" is a {} database, and copg serves postgres only",
                                from.name,
                                to_string(from.type))};
}

dsn composed(definition const& from) {
    auto const& standard = detail::defaults_of(from.section);
    dsn_builder built;
    built.port(from.port.value_or(*standard.port));
    built.sslmode(from.sslmode.value_or(*standard.sslmode));
    for (auto const& [keyword, value] : {std::pair{"host", &from.host},
                                         std::pair{"dbname", &from.database},
                                         std::pair{"user", &from.user},
                                         std::pair{"password", &from.password}})
        if (*value)
            built.set(keyword, **value);
    return built.build();
}

pool_settings settled(definition const& from, dsn const& target) {
    std::vector<detail::complaint> complaints;
    auto found = detail::settle(from, target, complaints);
    if (complaints.empty())
        return found;
    std::vector<std::string> sentences;
    sentences.reserve(complaints.size());
    for (auto& c : complaints)
        sentences.push_back(std::move(c.sentence));
    throw error{errc::invalid_configuration,
                fmt::format("\"{}\": {}", from.name, fmt::join(sentences, "; "))};
}

/// The limit for one server, times as many servers as there are.
milliseconds over_all_hosts(milliseconds each, dsn const& target) {
    auto const commas = std::max(std::ranges::count(target.parameter("host"), ','),
                                 std::ranges::count(target.parameter("hostaddr"), ','));
    return each * (commas + 1);
}

} // namespace

dsn dsn_of(definition const& from) {
    require_postgres(from);
    if (!from.dsn)
        return composed(from);
    dsn written{*from.dsn};
    if (!from.sslmode || written.gives("sslmode"))
        return written;
    return dsn_builder{written}.sslmode(*from.sslmode).build();
}

connect_options connect_options_of(definition const& from) {
    connect_options made{dsn_of(from)};
    auto const settings = settled(from, made.target());
    if (settings.connect_timeout)
        made.timeout(settings.connect_timeout->count() == 0 ? no_limit : *settings.connect_timeout);
    if (settings.query_timeout)
        made.query_timeout(*settings.query_timeout);
    return made;
}

pool_options pool_options_of(definition const& from) {
    auto const target = dsn_of(from);
    auto const settings = settled(from, target);
    pool_options made;
    pool_parameters sizes;
    sizes.minimum = settings.minimum;
    sizes.maximum = settings.maximum;
    sizes.maximum_idle = settings.maximum_idle;
    sizes.lifetime = settings.lifetime;
    sizes.lifetime_jitter = settings.lifetime_jitter;
    sizes.idle_time = settings.idle_time;
    sizes.health_interval = settings.health_interval;
    sizes.apply(made);
    if (settings.connect_timeout)
        made.connect_timeout = over_all_hosts(*settings.connect_timeout, target);
    made.query_timeout = settings.query_timeout;
    made.retry = from.retry.value_or(made.retry);
    return made;
}

std::optional<std::string> schema_of(definition const& from) {
    if (dsn_of(from).gives("search_path"))
        return std::nullopt;
    return from.schema ? from.schema : detail::defaults_of(from.section).schema;
}

session session_of(definition const& from) {
    session made{schema_of(from).value_or("")};
    for (auto const& [setting, value] : from.rls_context)
        made = made.with_setting(setting, value);
    return made;
}

} // namespace copg::config
