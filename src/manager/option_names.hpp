// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/pool/pool_options.hpp>

#include <string>
#include <vector>

namespace copg::detail {

bool has_hooks(pool_options const& options) noexcept;

/// The names of the options that differ, but for hooks, which cannot be compared.
std::vector<std::string> differing_options(pool_options const& a, pool_options const& b);

/// Whether they are the same for certain: with hooks they never are.
bool same_options(pool_options const& a, pool_options const& b);

} // namespace copg::detail
