// SPDX-License-Identifier: BSL-1.0
#include <copg/base/retry_policy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace copg {

std::vector<std::string> retry_policy::problems(std::string const& prefix) const {
    std::vector<std::string> found;
    auto const require = [&found](bool holds, std::string sentence) {
        if (!holds)
            found.push_back(std::move(sentence));
    };
    require(delay.count() >= 0, prefix + "delay must not be negative");
    require(std::isfinite(multiplier) && multiplier >= 1,
            fmt::format("{}multiplier ({}) must be at least 1", prefix, multiplier));
    require(maximum_delay >= delay,
            fmt::format("{}maximum_delay ({} ms) must not be below {}delay ({} ms)",
                        prefix,
                        maximum_delay.count(),
                        prefix,
                        delay.count()));
    require(jitter >= 0 && jitter <= 1,
            fmt::format("{}jitter ({}) must be from 0 to 1", prefix, jitter));
    return found;
}

std::chrono::milliseconds retry_policy::wait_after(std::size_t failures,
                                                   double random) const noexcept {
    if (failures == 0)
        return {};
    auto const longest = static_cast<double>(maximum_delay.count());
    auto const grown = static_cast<double>(delay.count()) *
                       std::pow(multiplier, static_cast<double>(failures - 1));
    auto const whole = std::min(longest, grown); // pow may be infinite
    return std::chrono::milliseconds{std::llround(whole * (1 - jitter * random))};
}

} // namespace copg
