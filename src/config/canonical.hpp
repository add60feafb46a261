// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config/tree.hpp"

namespace copg::config::detail {

inline constexpr char dbpool_root[] = "dbpool-definitions";
inline constexpr char manager_root[] = "dbmanager";

/// Gives each key the name that keys() has for it, so that trees can be merged whatever spelling
/// each uses. Other roots are taken out. Unknown keys and keys that are given twice are problems;
/// they are taken out as well.
void make_canonical(node& tree, problems& found);

} // namespace copg::config::detail
