// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/balance_options.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace copg::detail {

/// Whose turn it is: the choosing of a balanced set, without I/O, clock or randomness.
///
/// Smooth weighted round robin: at each choice every candidate gains its weight, the one with the
/// most is chosen, the earliest among equals, and pays the weights of all. The gains add up to
/// nothing at all times and stay small, so that nothing wraps around; who is left out neither gains
/// nor pays. Thread-safe.
class balancer {
public:
    enum class standing {
        good,
        bad, ///< chosen when no other is good
        out, ///< not chosen
    };
    struct candidate {
        standing now = standing::good;
        std::size_t load = 0;
    };

    /// @param weights  of the members, each at least 1
    balancer(balance_strategy strategy, std::vector<std::size_t> const& weights);

    /// The number of the member whose turn it is; nothing when all are out.
    /// @param candidates  as many as there are members
    std::optional<std::size_t> pick(std::span<candidate const> candidates);

    /// How often a member was chosen.
    std::uint64_t picks(std::size_t number) const;

private:
    struct member {
        std::int64_t weight = 1;
        std::int64_t gain = 0;
        std::uint64_t picks = 0;
    };

    bool is_less_loaded(std::span<candidate const> candidates, std::size_t a, std::size_t b) const;

    balance_strategy const strategy_;
    mutable std::mutex mutex_;
    std::vector<member> members_; // guarded by mutex_
};

} // namespace copg::detail
