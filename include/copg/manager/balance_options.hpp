// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace copg {

/// Which member of a balanced set is chosen.
enum class balance_strategy {
    /// In turn, from the first one on, each as often as its weight says and as evenly spread as may
    /// be: weights 2 and 1 give a b a, a b a …
    round_robin,
    /// The one whose connections in use and waiters, divided by its weight, are fewest; among
    /// equals in turn.
    least_connections,
};

/// How a balanced set chooses.
struct balance_options {
    balance_options() = default;
    explicit balance_options(balance_strategy how) noexcept : strategy{how} {}

    balance_strategy strategy = balance_strategy::round_robin;

    /// What happens when every member is unhealthy. false, the default: they are used as if all
    /// were healthy, since a health state can be wrong and an error for sure cannot be right. true:
    /// errc::no_member_available at once.
    bool refuse_unhealthy = false;
};

} // namespace copg
