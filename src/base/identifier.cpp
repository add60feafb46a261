// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/base/identifier.hpp>

namespace copg {

std::string quote_identifier(std::string_view text) {
    if (text.empty())
        throw error{errc::invalid_session, "an SQL identifier cannot be empty"};
    if (text.find('\0') != std::string_view::npos)
        throw error{errc::invalid_session, "an SQL identifier cannot hold a NUL character"};

    std::string quoted{'"'};
    for (char const c : text) {
        if (c == '"')
            quoted += '"';
        quoted += c;
    }
    return quoted += '"';
}

} // namespace copg
