// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "micro/figures.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace copg::micro {

/// How much work a comparison does in each round.
struct amount {
    std::size_t rounds = 7;
    std::size_t statements = 5'000;
    std::size_t rows = 100'000;
};

/// Does that many units of work, and nothing but it.
using side = std::function<void(std::size_t units)>;

/// What copg must not exceed.
struct goal {
    enum class measure { ratio, difference_ns };

    measure what;
    double most;
};

/// The same work done by copg and by something that it is measured against.
struct comparison {
    std::string name;
    std::string against; ///< what the base is: `libpq, pipeline mode`
    std::string unit;    ///< of work: `statement` or `row`
    std::size_t units = 0;
    std::size_t slices = 1; ///< of a round: the sides take turns that often
    side base;
    side copg;
    std::function<void()> before; ///< each turn, not measured; may be empty
    std::optional<goal> limit;
};

/// What a comparison gave, for each unit of work. Ratio and difference are those of CPU times, made
/// for each round before they are ordered: what disturbs a round disturbs both sides of it.
struct measured {
    struct one_side {
        spread cpu_ns;
        spread wall_ns;
        double allocations = 0;
    };

    comparison what;
    std::string transport;
    one_side base;
    one_side copg;
    spread ratio;
    spread difference_ns;

    /// @pre what.limit
    double value_of_goal() const noexcept;
    bool meets_goal() const noexcept;
};

/// Runs both sides in turn, after a round that warms up and does not count. What the scheduler does
/// to one of them it does to the other, if turns are short.
measured measure(comparison const& what, std::size_t rounds);

} // namespace copg::micro
