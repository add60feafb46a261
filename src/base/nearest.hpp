// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

namespace copg::detail {

/// How many characters have to be changed, added or taken out to make one text the other.
inline std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        auto diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            auto const changed = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

/// The known name that is most likely meant, or an empty view when none is near.
template <class Names>
std::string_view nearest(std::string_view name, Names const& known) {
    std::string_view found;
    auto least = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (std::string_view const candidate : known)
        if (auto const d = distance(name, candidate); d < least) {
            least = d;
            found = candidate;
        }
    return found;
}

} // namespace copg::detail
