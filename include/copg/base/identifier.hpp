// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <string>
#include <string_view>

namespace copg {

/// The text as a quoted SQL identifier (PostgreSQL manual, 4.1.1): `a"b` becomes `"a""b"`.
/// @throws error errc::invalid_session when the text is empty or holds a NUL
COPG_API std::string quote_identifier(std::string_view text);

} // namespace copg
