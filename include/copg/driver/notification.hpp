// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>

namespace copg {

/// A message of NOTIFY.
struct notification {
    std::string channel;
    std::string payload; ///< empty without one
    int backend_pid = 0; ///< of the server process that sent it
};

} // namespace copg
