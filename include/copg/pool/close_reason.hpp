// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <cstddef>
#include <string_view>

namespace copg {

/// Why a pool gave up a connection.
enum class close_reason {
    lost,         ///< the server or the network ended it, or it gave no sign of life
    unusable,     ///< given back in the middle of something, or a rollback or after_release failed
    idle,         ///< nobody needed it for the idle time
    maximum_idle, ///< enough others were idle
    lifetime,     ///< it was old
    refreshed,    ///< it was made before the last refresh
    resized,      ///< the maximum was lowered
    budget,       ///< another pool of the budget needed the room
    discarded,    ///< lease::discard(), or before_grant did not want it
    pool_closed,  ///< the pool was closed or drained
};
constexpr std::size_t close_reasons = 10;

/// The name, in words.
COPG_API std::string_view to_string(close_reason reason) noexcept;

} // namespace copg
