// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <exception>
#include <string>

namespace copg::detail {

/// The exception for a failed attempt, from libpq's message in verbose form, in which a refusal by
/// the server carries its SQLSTATE (libpq has no other way to tell it). Such a refusal becomes a
/// sql_error, anything else errc::connect_failed.
std::exception_ptr connect_error(std::string const& verbose_message);

/// Whether no retry can cure it and no other address will either: wrong credentials (class 28), no
/// such database (3D000).
bool is_incurable(std::exception_ptr const& failure) noexcept;

/// Whether the server itself could not be reached, or is starting up or shutting down.
bool is_unreachable(std::exception_ptr const& failure) noexcept;

} // namespace copg::detail
