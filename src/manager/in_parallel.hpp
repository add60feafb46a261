// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <exception>
#include <vector>

namespace copg::detail {

namespace asio = boost::asio;

enum class cancelling { passed_on, not_heeded };

/// Runs all of them side by side and waits for all.
/// @param how  what becomes of a cancellation: passed on to each, or nothing
/// @return what each has failed with, null where it has not; in their order
asio::awaitable<std::vector<std::exception_ptr>> in_parallel(
    asio::any_io_executor executor, std::vector<asio::awaitable<void>> operations, cancelling how);

} // namespace copg::detail
