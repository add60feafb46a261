// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace copg {

/// Reads a duration as Go writes it: numbers with a unit each, `1h30m`, `500ms`, `1.5s`, or `0`.
/// The units are ns, us (µs), ms, s, m and h. A number without a unit, a negative one and what
/// exceeds 292 years are refused.
/// @throws error errc::invalid_configuration, the message a sentence that does not quote the text
COPG_API std::chrono::nanoseconds parse_duration(std::string_view text);

/// The same in whole milliseconds, rounded up, so that only 0 becomes 0.
COPG_API std::chrono::milliseconds parse_milliseconds(std::string_view text);

/// Writes a duration so that parse_duration reads it: `1h30m`, `1.5s`, `250ms`, `0s`.
COPG_API std::string format_duration(std::chrono::nanoseconds duration);

} // namespace copg
