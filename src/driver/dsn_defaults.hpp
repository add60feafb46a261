// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <libpq-fe.h>

#include <map>
#include <string>

namespace copg::detail {

using parameter_map = std::map<std::string, std::string>;

/// The options that have a value.
parameter_map values_of(PQconninfoOption const* option);

/// What libpq makes of the parameters that a text gives, as it and the environment stand now; what
/// is equal for libpq becomes equal. A service hides all defaults but its own.
parameter_map with_defaults(parameter_map const& given);

} // namespace copg::detail
