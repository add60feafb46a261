// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/config/configuration.hpp>
#include <copg/driver/connect_options.hpp>
#include <copg/driver/session.hpp>
#include <copg/pool/pool_options.hpp>

namespace copg::config {

// What a definition means to copg. What the dsn says comes first, then what the definition says,
// then what is written for all of dbmanager, then the section's defaults. A value that is not
// written for the definition itself is lowered or raised to fit one that is.
//
// @throws error errc::unsupported_database for another type than postgres; errc::invalid_dsn and
// errc::invalid_configuration for what load() reports as a problem

/// Where it leads. `sslmode` is `disable` for one that is composed of fields and does not say.
COPG_API dsn dsn_of(definition const& from);

/// How to connect: dsn_of, connect_timeout and query_timeout.
COPG_API connect_options connect_options_of(definition const& from);

COPG_API pool_options pool_options_of(definition const& from);

/// The schema, unless the dsn gives a search_path.
COPG_API std::optional<std::string> schema_of(definition const& from);

/// The schema and the row security context.
COPG_API session session_of(definition const& from);

/// The configuration as it takes effect, as YAML, without secrets.
COPG_API std::string describe(configuration const& value);

} // namespace copg::config
