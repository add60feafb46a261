// SPDX-License-Identifier: BSL-1.0
#include <copg/base/sql_error.hpp>

#include <fmt/format.h>

namespace copg {
namespace {

std::string present(sql_diagnostics const& diagnostics, std::string const& advice) {
    auto text = fmt::format("{}: {} (SQLSTATE {})",
                            diagnostics.severity.empty() ? "ERROR" : diagnostics.severity,
                            diagnostics.message,
                            to_string(diagnostics.state));
    if (!advice.empty())
        text += "; " + advice;
    return text;
}

} // namespace

sql_error::sql_error(sql_diagnostics diagnostics, std::string const& advice)
    : error{make_error_code(diagnostics.state), present(diagnostics, advice)},
      diagnostics_{std::make_shared<sql_diagnostics const>(std::move(diagnostics))} {}

} // namespace copg
