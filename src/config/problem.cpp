// SPDX-License-Identifier: BSL-1.0
#include <copg/config/problem.hpp>

#include <algorithm>

namespace copg::config {

std::string problem::text() const {
    auto shown = file;
    if (line > 0)
        shown.append(":").append(std::to_string(line));
    shown += ": ";
    if (level == severity::warning)
        shown += "warning: ";
    if (!path.empty())
        shown.append(path).append(": ");
    return shown += sentence;
}

bool all_harmless(std::vector<problem> const& problems) noexcept {
    return std::ranges::none_of(
        problems, [](problem const& p) { return p.level == problem::severity::error; });
}

} // namespace copg::config
