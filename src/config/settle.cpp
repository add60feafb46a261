// SPDX-License-Identifier: BSL-1.0
#include "config/settle.hpp"

#include "config/read.hpp"

#include <copg/base/duration.hpp>
#include <copg/manager/pool_parameters.hpp>

#include <fmt/format.h>

#include <array>

namespace copg::config::detail {
namespace {

// As many connections as a server can have at most: no limit.
constexpr std::size_t unlimited = 262'143;

pool_settings said_by(dsn const& target, std::vector<complaint>& complaints) {
    std::vector<std::string> problems;
    auto const given = pool_parameters::of(target, problems);
    for (auto& sentence : problems)
        complaints.push_back({"dsn", std::move(sentence)});
    return {given.minimum,
            given.maximum,
            given.maximum_idle,
            given.lifetime,
            given.lifetime_jitter,
            given.idle_time,
            given.health_interval,
            std::nullopt,
            std::nullopt};
}

/// A value and how far away it stands: in the dsn, in the definition, in dbmanager, a default.
template <class T>
struct chosen {
    char const* key;
    std::optional<T> value;
    int distance;
};

std::string shown(std::size_t value) {
    return std::to_string(value);
}

std::string shown(std::chrono::milliseconds value) {
    return format_duration(value);
}

class settlement {
public:
    settlement(definition const& from, dsn const& target, std::vector<complaint>& complaints)
        : in_dsn_{said_by(target, complaints)},
          layers_{&in_dsn_, &from.pool, &from.inherited, &defaults_of(from.section).pool},
          complaints_{complaints} {}

    template <class T>
    chosen<T> choose(char const* key, std::optional<T> pool_settings::* member) const {
        for (int distance = 0; auto const* layer : layers_) {
            if (layer->*member)
                return {key, layer->*member, distance};
            ++distance;
        }
        return {key, std::nullopt, 0};
    }

    /// Sees to it that one value does not exceed another, where both are there.
    template <class T>
    void fit_below(chosen<T>& lower, chosen<T>& upper, bool upper_may_rise) {
        if (!lower.value || !upper.value || *lower.value <= *upper.value)
            return;
        if (lower.distance > upper.distance)
            lower.value = upper.value;
        else if (upper_may_rise && upper.distance > lower.distance)
            upper.value = lower.value;
        else
            complaints_.push_back({lower.key,
                                   fmt::format("{} ({}) must not exceed {} ({}{})",
                                               lower.key,
                                               shown(*lower.value),
                                               upper.key,
                                               shown(*upper.value),
                                               where(upper.distance))});
    }

private:
    static char const* where(int distance) {
        return std::array{", in the dsn", "", ", in dbmanager", ", the default"}.at(
            static_cast<std::size_t>(distance));
    }

    pool_settings in_dsn_;
    std::array<pool_settings const*, 4> layers_;
    std::vector<complaint>& complaints_;
};

} // namespace

pool_settings
settle(definition const& from, dsn const& target, std::vector<complaint>& complaints) {
    settlement all{from, target, complaints};
    auto minimum = all.choose("min_conns", &pool_settings::minimum);
    auto maximum = all.choose("max_conns", &pool_settings::maximum);
    auto idle = all.choose("max_idle_conns", &pool_settings::maximum_idle);
    auto lifetime = all.choose("max_lifetime", &pool_settings::lifetime);
    auto idle_time = all.choose("max_idle_time", &pool_settings::idle_time);
    if (maximum.value == 0u)
        maximum.value = unlimited;
    all.fit_below(minimum, maximum, false);
    all.fit_below(idle, maximum, false);
    all.fit_below(minimum, idle, true);
    if (lifetime.value != std::chrono::milliseconds{0})
        all.fit_below(idle_time, lifetime, false);

    pool_settings settled;
    settled.minimum = minimum.value;
    settled.maximum = maximum.value;
    settled.maximum_idle = idle.value;
    settled.lifetime = lifetime.value;
    settled.lifetime_jitter = all.choose("", &pool_settings::lifetime_jitter).value;
    settled.idle_time = idle_time.value;
    settled.health_interval = all.choose("", &pool_settings::health_interval).value;
    if (!dsn_limits_connecting(target))
        settled.connect_timeout = all.choose("", &pool_settings::connect_timeout).value;
    if (!dsn_limits_statements(target))
        settled.query_timeout = all.choose("", &pool_settings::query_timeout).value;
    return settled;
}

bool dsn_limits_connecting(dsn const& target) {
    return target.gives("connect_timeout");
}

bool dsn_limits_statements(dsn const& target) {
    return target.gives("statement_timeout");
}

} // namespace copg::config::detail
