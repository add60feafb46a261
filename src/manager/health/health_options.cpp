// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/manager/health_options.hpp>

#include <fmt/format.h>

namespace copg {

std::vector<std::string> health_options::problems() const {
    std::vector<std::string> found;
    if (interval.count() < 0)
        found.emplace_back("interval must not be negative");
    if (timeout.count() <= 0)
        found.emplace_back("timeout must be greater than 0");
    if (unhealthy_after < 1)
        found.emplace_back("unhealthy_after must be at least 1");
    if (slow.count() < 0)
        found.emplace_back("slow must not be negative");
    return found;
}

health_options const& health_options::checked() const {
    auto const found = problems();
    if (!found.empty())
        throw error{errc::invalid_configuration,
                    fmt::format("invalid health options: {}", fmt::join(found, "; "))};
    return *this;
}

} // namespace copg
