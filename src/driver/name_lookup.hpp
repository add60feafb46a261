// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connect_target.hpp"
#include "driver/time_limit.hpp"

#include <boost/asio/awaitable.hpp>

#include <vector>

namespace copg::detail {

/// The addresses behind a target's name, in the resolver's order, each with the name, which libpq
/// needs for certificates and the password file; the target itself when there is nothing to look
/// up. Must run on a strand. Cancellation (terminal): the caller goes on at once, the look-up is
/// left to itself.
///
/// The look-up is Asio's, but on a helper thread: Asio's own thread would look up one name at a
/// time for a whole loop, and a silent name server would hold up every other name, and the loop's
/// destruction.
/// @throws error errc::connect_failed, errc::connect_timeout
asio::awaitable<std::vector<connect_target>> look_up(connect_target target,
                                                     time_limit const& limit);

} // namespace copg::detail
