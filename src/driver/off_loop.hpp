// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/helper_threads.hpp"
#include "driver/time_limit.hpp"

#include <boost/asio/awaitable.hpp>

namespace copg::detail {

/// Does work that can block on a helper thread, and waits for it within the limit. Must run on the
/// limit's strand. Cancellation (terminal): the wait ends at once; work that has begun goes on by
/// itself.
/// @param work  owns all that it touches
/// @throws what the work throws; error errc::connect_timeout; error errc::connect_failed when too
///         many such calls wait already; operation_aborted
asio::awaitable<void>
off_loop(helper_threads& helpers, std::function<void()> work, time_limit const& limit);

} // namespace copg::detail
