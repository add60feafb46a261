// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/time_limit.hpp"

#include <copg/driver/dsn.hpp>

#include <boost/asio/awaitable.hpp>

namespace copg::detail {

/// A target whose service, if it names one, is written out: what libpq finds in the service file
/// and the environment stands in it as if it had been in the text. Without that, libpq itself would
/// look up a host that only the service file names, and block. Must run on a strand.
/// @throws error errc::invalid_dsn when there is no such service or it makes no sense
asio::awaitable<dsn> with_service(dsn target, time_limit const& limit);

} // namespace copg::detail
