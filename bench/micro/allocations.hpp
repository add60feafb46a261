// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace copg::micro {

/// Allocations of the calling thread so far: malloc and its kin, which operator new comes down to,
/// wherever in the process they are called. Linking this replaces glibc's functions; always 0 with
/// another C library and under the sanitizers, which replace them too.
std::size_t allocations() noexcept;

} // namespace copg::micro
