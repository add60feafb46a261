// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/batch.hpp>
#include <copg/driver/bound_connection.hpp>

#include <boost/asio/awaitable.hpp>

namespace copg::detail {

/// Sends the whole batch in one flush and collects what became of each statement. Each is a segment
/// of its own, or all are one if the batch is atomic.
asio::awaitable<std::vector<outcome>> run_batch(bound_connection bound, batch wanted);

} // namespace copg::detail
