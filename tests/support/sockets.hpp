// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>

namespace copg::test {

/// How many sockets this process has open.
inline std::size_t open_sockets() {
    std::size_t count = 0;
    for (auto const& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
        std::error_code gone; // the iterator's own descriptor
        auto const target = std::filesystem::read_symlink(entry.path(), gone).string();
        count += target.starts_with("socket:");
    }
    return count;
}

} // namespace copg::test
