// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/dsn.hpp>

#include <string>
#include <utility>
#include <vector>

namespace copg::detail {

/// One server of a DSN, as libpq's host, hostaddr and port.
struct connect_target {
    std::string host;
    std::string address;
    std::string port;

    /// Whether the host must be looked up before libpq sees it, since libpq would block on it.
    bool needs_lookup() const noexcept;

    /// For messages.
    std::string description() const;

    bool operator==(connect_target const&) const = default;
};

/// The servers of a DSN in the order in which they are tried.
/// @throws error errc::invalid_dsn when host, hostaddr and port do not have fitting lengths
std::vector<connect_target> targets_of(dsn const& target);

/// The values of target_session_attrs with which all servers are tried, one after the other. There
/// are two for prefer-standby, which libpq given one server at a time could not heed.
std::vector<std::string> passes_of(dsn const& target);

/// Whether the servers and their addresses are to be tried in random order: load_balance_hosts,
/// which libpq knows from version 16 on.
bool balances_load(dsn const& target);
void shuffle(std::vector<connect_target>& targets);

using keyword_list = std::vector<std::pair<std::string, std::string>>;

/// libpq's keywords for one address of a DSN. Of copg's own there are client_encoding and, when
/// nobody gives a name, application_name: poolers refuse start-up parameters that they do not know.
keyword_list keywords_for(dsn const& target,
                          connect_target const& address,
                          std::string const& session_attributes);

} // namespace copg::detail
