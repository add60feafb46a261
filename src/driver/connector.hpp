// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"

#include <copg/driver/connect_options.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace copg::detail {

/// Makes one connection: each server of the DSN in turn, each of its addresses in turn, each within
/// the timeout. Must run on a strand. The connection's own I/O will be on `executor`.
/// Cancellation (terminal): no socket is left behind.
/// @throws sql_error when a server refused, with the reason that it gave;
///         error errc::connect_failed, errc::connect_timeout, errc::invalid_dsn
asio::awaitable<std::shared_ptr<connection_impl>> connect_on_strand(asio::any_io_executor executor,
                                                                    connect_options options);

} // namespace copg::detail
