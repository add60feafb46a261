// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/dsn.hpp>

#include <string>
#include <vector>

namespace copg::detail {

/// One server of a DSN, as libpq's host, hostaddr and port.
struct connect_target {
    std::string host;
    std::string address;
    std::string port;

    /// Whether the host must be looked up before libpq sees it, since libpq would block on it.
    bool needs_lookup() const noexcept;

    bool operator==(connect_target const&) const = default;
};

/// The servers of a DSN in the order in which they are tried.
/// @throws error errc::invalid_dsn when host, hostaddr and port do not have fitting lengths
std::vector<connect_target> targets_of(dsn const& target);

/// libpq's keywords for one server, without host, hostaddr, port and connect_timeout.
std::vector<std::pair<std::string, std::string>> common_keywords(dsn const& target);

} // namespace copg::detail
