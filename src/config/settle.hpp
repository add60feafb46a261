// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/config/definition.hpp>
#include <copg/driver/dsn.hpp>

#include <vector>

namespace copg::config::detail {

/// Something wrong with one definition, and the key that it is about.
struct complaint {
    std::string key;
    std::string sentence;
    bool harmless = false;
};

/// The settings that take effect. A value that stands further away than the one that it contradicts
/// (in dbmanager, or nowhere: a default) is fitted to it; between two of the same place, or when it
/// is the nearer one that has to give way, there is a complaint.
pool_settings settle(definition const& from, dsn const& target, std::vector<complaint>& complaints);

/// The limits that the dsn sets itself, so that the keys for them do nothing.
bool dsn_limits_connecting(dsn const& target);
bool dsn_limits_statements(dsn const& target);

} // namespace copg::config::detail
