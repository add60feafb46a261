// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <vector>

namespace copg::testing {

/// A shell in a session of its own that starts and stops the server on command and removes
/// everything when its standard input ends, which happens however this process ends.
class supervisor {
public:
    /// @param arguments  for the script: temporary folder, binaries, user to drop to or ""
    explicit supervisor(std::vector<std::string> const& arguments);
    supervisor(supervisor const&) = delete;
    supervisor& operator=(supervisor const&) = delete;
    ~supervisor(); ///< returns when everything is removed

    /// Sends a line and waits for the answering line: `ok`, or what went wrong.
    std::string ask(std::string const& command);

private:
    int commands_ = -1;
    int answers_ = -1;
    int process_ = -1;
};

} // namespace copg::testing
