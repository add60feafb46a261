// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/connect_options.hpp>
#include <copg/pool/pool_options.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace copg {
namespace {

using std::chrono::milliseconds;

/// Collects the sentences that do not hold.
class checks {
public:
    void require(bool holds, std::string sentence) {
        if (!holds)
            found_.push_back(std::move(sentence));
    }
    void add(std::vector<std::string> sentences) {
        std::move(sentences.begin(), sentences.end(), std::back_inserter(found_));
    }
    std::vector<std::string> take() { return std::move(found_); }

private:
    std::vector<std::string> found_;
};

void check_sizes(checks& all, pool_options const& o) {
    all.require(o.maximum >= 1, "maximum must be at least 1");
    all.require(o.minimum <= o.maximum,
                fmt::format("minimum ({}) must not exceed maximum ({})", o.minimum, o.maximum));
    if (o.maximum_idle) {
        all.require(*o.maximum_idle <= o.maximum,
                    fmt::format("maximum_idle ({}) must not exceed maximum ({})",
                                *o.maximum_idle,
                                o.maximum));
        all.require(*o.maximum_idle >= o.minimum,
                    fmt::format("maximum_idle ({}) must not be below minimum ({})",
                                *o.maximum_idle,
                                o.minimum));
    }
    all.require(o.connect_concurrency >= 1, "connect_concurrency must be at least 1");
    all.require(o.budget_minimum <= o.maximum,
                fmt::format("budget_minimum ({}) must not exceed maximum ({})",
                            o.budget_minimum,
                            o.maximum));
    all.require(o.budget_minimum == 0 || o.budget != nullptr, "budget_minimum needs a budget");
}

void check_times(checks& all, pool_options const& o) {
    auto const not_negative = [&all](char const* name, milliseconds value) {
        all.require(value.count() >= 0, fmt::format("{} must not be negative", name));
    };
    not_negative("acquire_timeout", o.acquire_timeout);
    not_negative("idle_time", o.idle_time.value_or(milliseconds{0}));
    not_negative("lifetime", o.lifetime);
    not_negative("health_interval", o.health_interval);
    not_negative("connect_timeout", o.connect_timeout.value_or(milliseconds{0}));
    not_negative("query_timeout", o.query_timeout.value_or(milliseconds{0}));
    not_negative("hook_timeout", o.hook_timeout);
    not_negative("leak_threshold", o.leak_threshold);
    if (o.lifetime.count() > 0 && o.idle_time)
        all.require(o.lifetime >= *o.idle_time,
                    fmt::format("lifetime ({} ms) must not be below idle_time ({} ms)",
                                o.lifetime.count(),
                                o.idle_time->count()));
    all.require(o.lifetime_jitter >= 0 && o.lifetime_jitter <= 1,
                fmt::format("lifetime_jitter ({}) must be from 0 to 1", o.lifetime_jitter));
}

void check_shares(checks& all, pool_options const& o) {
    all.require(o.fairness_quantum >= 1, "fairness_quantum must be at least 1");
    for (auto const& [tenant, weight] : o.tenant_weights)
        all.require(weight >= 1,
                    fmt::format("the weight of tenant \"{}\" must be at least 1", tenant));
}

} // namespace

pool_options::pool_options() {
    retry.attempts = 0;
    retry.delay = milliseconds{100};
    retry.maximum_delay = milliseconds{5'000};
}

pool_options::pool_options(pool_options const&) = default;
pool_options::pool_options(pool_options&&) noexcept = default;
pool_options& pool_options::operator=(pool_options const&) = default;
pool_options& pool_options::operator=(pool_options&&) noexcept = default;
pool_options::~pool_options() = default;

std::vector<std::string> pool_options::problems() const {
    checks all;
    check_sizes(all, *this);
    check_times(all, *this);
    check_shares(all, *this);
    all.add(retry.problems("retry."));
    return all.take();
}

pool_options const& pool_options::checked() const {
    auto const found = problems();
    if (!found.empty())
        throw error{errc::invalid_configuration,
                    fmt::format("invalid pool options: {}", fmt::join(found, "; "))};
    return *this;
}

} // namespace copg
