// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>
#include <copg/manager/balance_options.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace copg {

/// How a replica set finds out which node is what, and where reads go.
struct COPG_API replica_options {
    replica_options() = default;

    /// Between two checks of all nodes; 5 s by default. 0: only check() does it.
    std::chrono::milliseconds check_interval{5'000};

    /// Upper bound for the check of a node, connecting included; 2 s by default, at least 1 ms. One
    /// whose connection proves to be broken is asked again over a new one, within the same time.
    std::chrono::milliseconds check_timeout{2'000};

    /// A standby that is further behind the primary, or does not know how far, gets no reads. Not
    /// set, the default: it may be as late as it likes. See replica_status::lag.
    std::optional<std::chrono::milliseconds> maximum_lag;

    /// How reads are spread over the standbys.
    balance_strategy strategy = balance_strategy::round_robin;

    /// Whether reads go to the primary while no standby will do; true by default. false: they fail
    /// with errc::no_member_available.
    bool read_from_primary = true;

    /// All that is wrong, one sentence each; empty when nothing is.
    std::vector<std::string> problems() const;

    /// The same options. @throws error errc::invalid_configuration naming every problem
    replica_options const& checked() const;
};

} // namespace copg
