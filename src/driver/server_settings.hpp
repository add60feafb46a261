// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string>
#include <string_view>

namespace copg::detail {

/// The name of a server setting that a session can be started with, in lower case, or an empty
/// text when it is none. Any name with a dot is one: an extension's or an application's own.
std::string server_setting(std::string_view name);

} // namespace copg::detail
