// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "config/tree.hpp"

namespace copg::config::detail {

/// Puts variables into the scalars of a tree: `${NAME}`, and `${NAME:default}` whose default may
/// hold colons and balanced braces. `$${` stands for `${`. What is put in is not read again: it
/// stays one scalar, whatever it holds.
void expand(node& tree, variables const& environment, problems& found);

} // namespace copg::config::detail
