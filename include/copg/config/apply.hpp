// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/config/configuration.hpp>
#include <copg/manager/manager.hpp>
#include <copg/manager/target.hpp>

namespace copg::config {

/// What a definition means to a manager: target, session, tags and pool. Of another type than
/// postgres it is a name whose use is an error.
/// @throws error as dsn_of and pool_options_of
COPG_API target target_of(definition const& from);

/// What dbmanager says of the whole: how the pools' servers are watched.
COPG_API manager_options manager_options_of(configuration const& from);

/// Registers every definition under its name, and sets the default connection. Opens nothing.
/// @throws error as target_of; nothing is registered then
COPG_API void apply(configuration const& from, manager& to);

} // namespace copg::config
