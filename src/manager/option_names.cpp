// SPDX-License-Identifier: BSL-1.0
#include "manager/option_names.hpp"

namespace copg::detail {
namespace {

class comparison {
public:
    comparison(pool_options const& a, pool_options const& b) : a_{a}, b_{b} {}

    template <class T>
    comparison& field(char const* name, T pool_options::* member) {
        if (!(a_.*member == b_.*member))
            names_.emplace_back(name);
        return *this;
    }

    std::vector<std::string> take() { return std::move(names_); }

private:
    pool_options const& a_;
    pool_options const& b_;
    std::vector<std::string> names_;
};

} // namespace

bool has_hooks(pool_options const& options) noexcept {
    auto const& hooks = options.hooks;
    return hooks.before_connect || hooks.after_connect || hooks.before_grant ||
           hooks.after_release || hooks.before_close;
}

std::vector<std::string> differing_options(pool_options const& a, pool_options const& b) {
    return comparison{a, b}
        .field("minimum", &pool_options::minimum)
        .field("maximum", &pool_options::maximum)
        .field("maximum_idle", &pool_options::maximum_idle)
        .field("connect_concurrency", &pool_options::connect_concurrency)
        .field("budget", &pool_options::budget)
        .field("budget_minimum", &pool_options::budget_minimum)
        .field("idle_time", &pool_options::idle_time)
        .field("lifetime", &pool_options::lifetime)
        .field("lifetime_jitter", &pool_options::lifetime_jitter)
        .field("health_interval", &pool_options::health_interval)
        .field("connect_timeout", &pool_options::connect_timeout)
        .field("query_timeout", &pool_options::query_timeout)
        .field("retry", &pool_options::retry)
        .field("verify_first", &pool_options::verify_first)
        .field("acquire_timeout", &pool_options::acquire_timeout)
        .field("wait_queue_limit", &pool_options::wait_queue_limit)
        .field("fairness_quantum", &pool_options::fairness_quantum)
        .field("tenant_weights", &pool_options::tenant_weights)
        .field("tenant_maximum", &pool_options::tenant_maximum)
        .field("tenant_maxima", &pool_options::tenant_maxima)
        .field("reset", &pool_options::reset)
        .field("hook_timeout", &pool_options::hook_timeout)
        .field("leak_threshold", &pool_options::leak_threshold)
        .take();
}

bool same_options(pool_options const& a, pool_options const& b) {
    return !has_hooks(a) && !has_hooks(b) && differing_options(a, b).empty();
}

} // namespace copg::detail
