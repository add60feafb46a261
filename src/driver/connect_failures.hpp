// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>
#include <string>
#include <vector>

namespace copg::detail {

/// Why the servers of a connection string could not be had, one cause for each.
class connect_failures {
public:
    /// A server's last cause; an earlier one of the same server is forgotten.
    void add(std::string const& server, std::exception_ptr cause);
    void clear() noexcept { failures_.clear(); }

    std::exception_ptr const& last() const noexcept { return failures_.back().cause; }

    /// One failure for all: of the last one's type and code. The message holds every server's
    /// cause, shortened, the last 16 servers' at most. Never empty of causes when thrown.
    std::exception_ptr combined() const;

private:
    struct failure {
        std::string server;
        std::exception_ptr cause;
    };
    std::vector<failure> failures_; // in the order of their last attempt
};

} // namespace copg::detail
