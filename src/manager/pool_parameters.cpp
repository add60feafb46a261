// SPDX-License-Identifier: BSL-1.0
#include <copg/base/duration.hpp>
#include <copg/base/error.hpp>
#include <copg/manager/pool_parameters.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace copg {
namespace {

class parameter_reader {
public:
    parameter_reader(dsn const& target, std::vector<std::string>& problems)
        : given_{target.pool_parameters()}, problems_{problems} {}

    std::optional<std::size_t> count(char const* name, std::size_t least = 0) {
        auto const found = given_.find(name);
        if (found == given_.end())
            return std::nullopt;
        auto const& text = found->second;
        std::size_t value = 0;
        auto const [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (failure == std::errc{} && end == text.data() + text.size() && value >= least)
            return value;
        problems_.push_back(fmt::format("{} must be a whole number, at least {}", name, least));
        return std::nullopt;
    }

    std::optional<std::chrono::milliseconds> time(char const* name) {
        auto const found = given_.find(name);
        if (found == given_.end())
            return std::nullopt;
        try {
            return parse_milliseconds(found->second);
        } catch (error const& e) {
            problems_.push_back(fmt::format("{}: {}", name, e.what()));
            return std::nullopt;
        }
    }

private:
    std::map<std::string, std::string> const& given_;
    std::vector<std::string>& problems_;
};

} // namespace

pool_parameters pool_parameters::of(dsn const& target, std::vector<std::string>& problems) {
    parameter_reader read{target, problems};
    pool_parameters found;
    found.minimum = read.count("pool_min_conns");
    if (auto const idle = read.count("pool_min_idle_conns"))
        found.minimum = std::max(found.minimum.value_or(0), *idle);
    found.maximum = read.count("pool_max_conns", 1);
    found.maximum_idle = read.count("pool_max_idle_conns");
    found.lifetime = read.time("pool_max_conn_lifetime");
    found.lifetime_jitter = read.time("pool_max_conn_lifetime_jitter");
    found.idle_time = read.time("pool_max_conn_idle_time");
    found.health_interval = read.time("pool_health_check_period");
    read.time("pool_ping_timeout");
    return found;
}

void pool_parameters::apply(pool_options& options) const {
    options.minimum = minimum.value_or(options.minimum);
    options.maximum = maximum.value_or(options.maximum);
    if (maximum_idle)
        options.maximum_idle = maximum_idle;
    options.lifetime = lifetime.value_or(options.lifetime);
    if (idle_time)
        options.idle_time = idle_time;
    options.health_interval = health_interval.value_or(options.health_interval);
    if (lifetime_jitter && options.lifetime.count() > 0) {
        // There it is added, here it is a part that is taken off.
        options.lifetime += *lifetime_jitter;
        options.lifetime_jitter = static_cast<double>(lifetime_jitter->count()) /
                                  static_cast<double>(options.lifetime.count());
    }
    fit_others(options);
}

// What is not set here gives way to what is.
void pool_parameters::fit_others(pool_options& options) const {
    if (!minimum)
        options.minimum =
            std::min({options.minimum, options.maximum, maximum_idle.value_or(options.minimum)});
    if (!maximum_idle && options.maximum_idle)
        options.maximum_idle = std::clamp(
            *options.maximum_idle, options.minimum, std::max(options.minimum, options.maximum));
    if (!idle_time && options.idle_time && options.lifetime.count() > 0)
        options.idle_time = std::min(*options.idle_time, options.lifetime);
}

pool_options with_pool_parameters(pool_options options, dsn const& target) {
    std::vector<std::string> problems;
    auto const given = pool_parameters::of(target, problems);
    if (!problems.empty())
        throw error{errc::invalid_configuration,
                    fmt::format("invalid connection string: {}", fmt::join(problems, "; "))};
    given.apply(options);
    return options;
}

} // namespace copg
