// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"

#include <copg/driver/connect_options.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <exception>
#include <functional>
#include <memory>

namespace copg::detail {

/// An attempt to connect that runs by itself, on a strand of its own. Thread-safe.
///
/// The cancellation signal lives as long as the attempt does, and is used on the strand only: with
/// Asio's own forwarding (Boost before 1.83) a cancellation could arrive at a signal that is gone.
class connect_attempt : public std::enable_shared_from_this<connect_attempt> {
public:
    using handler = std::function<void(std::exception_ptr failure,
                                       std::shared_ptr<connection_impl> connection)>;

    /// @param done  called once, on the strand
    static std::shared_ptr<connect_attempt>
    start(asio::any_io_executor const& executor, connect_options const& options, handler done);

    explicit connect_attempt(asio::any_io_executor strand) : strand_{std::move(strand)} {}

    /// Begins; call once. For start(), and for those who must have the attempt before it ends.
    void run(asio::any_io_executor const& executor, connect_options const& options, handler done);

    /// Ends the attempt soon, with operation_aborted and no socket left.
    void cancel();

private:
    asio::any_io_executor const strand_;
    asio::cancellation_signal signal_;
};

/// Makes one connection, whose I/O will be on `executor`.
/// Cancellation (any type): ends with operation_aborted; no socket is left behind.
/// @throws as connect_on_strand
asio::awaitable<std::shared_ptr<connection_impl>> connect(asio::any_io_executor executor,
                                                          connect_options options);

} // namespace copg::detail
