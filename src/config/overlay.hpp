// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config/tree.hpp"

namespace copg::config::detail {

/// Puts the values of environment variables into a canonical tree: the prefix and the path of a
/// key in capitals, joined by underscores. A variable can set any key of dbmanager and of the
/// definitions that there are, mappings apart. One that begins like that and leads nowhere is a
/// problem.
void overlay(node& tree, load_options const& options, problems& found);

} // namespace copg::config::detail
