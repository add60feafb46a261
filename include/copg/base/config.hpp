// SPDX-License-Identifier: BSL-1.0
#pragma once

/// Marks what the shared library exports.
#define COPG_API __attribute__((visibility("default")))

// GCC 12 miscompiles some coroutine shapes silently; docs/compilers.md lists them and what to write
// instead. Define COPG_NO_COMPILER_NOTE once you have read it.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13 && !defined(COPG_NO_COMPILER_NOTE)
#pragma message("copg: read docs/compilers.md before writing coroutines for GCC 12")
#endif

namespace boost::asio {}

namespace copg {
namespace asio = boost::asio;
}
