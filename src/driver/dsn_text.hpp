// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace copg::detail {

/// A connection string, parted into what libpq knows and what it would refuse.
struct parted_dsn {
    std::string for_libpq;                     ///< in the form that the text had
    std::map<std::string, std::string> pool;   ///< pool_…, the last of several
    std::map<std::string, std::string> server; ///< settings, in lower case, the last of several
};

/// Takes the parameters that are not libpq's out of a connection string, each as a whole and by its
/// decoded name, never by a search in the text. What makes no sense is left for libpq to refuse.
/// @throws error errc::invalid_dsn for a pool parameter that there is not
parted_dsn part(std::string_view text);

/// The names of the parameters for the pool.
std::span<std::string_view const> pool_parameter_names();

/// The value of a keyword string: quoted, with what it takes inside the quotes.
std::string quote_value(std::string_view value);

/// libpq's `options` with settings added to it.
std::string with_settings(std::string options, std::map<std::string, std::string> const& settings);

} // namespace copg::detail
