// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <string>

namespace copg::detail {

/// `HH:MM:SS`, with microseconds where there are any. More than 24 hours stay hours.
std::string clock_text(std::chrono::microseconds time);

} // namespace copg::detail
