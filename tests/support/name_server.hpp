// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace copg::test {

/// Answers for names in place of the system's resolver, in this process, for as long as it lives:
/// the test executables define getaddrinfo themselves. Other names go to the system's. One at a
/// time. Thread-safe.
class name_server {
public:
    name_server();
    name_server(name_server const&) = delete;
    name_server& operator=(name_server const&) = delete;
    ~name_server(); ///< lets held look-ups go, which fail

    /// The addresses, numeric, in this order.
    void set(std::string const& name, std::vector<std::string> addresses);

    /// Look-ups of this name get no answer.
    void hold(std::string const& name);

    std::size_t lookups(std::string const& name) const;
};

} // namespace copg::test
