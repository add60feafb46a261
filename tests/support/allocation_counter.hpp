// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace copg::test {

/// Calls of operator new by the calling thread so far. Linking this replaces operator new.
std::size_t allocations() noexcept;

} // namespace copg::test
