// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "pool/pool_impl.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <memory>

namespace copg::detail {

/// One connection to a pool's current target, made outside the pool, asked for a sign of life and
/// closed; on a strand of its own. Ends at once when the pool is closed. Thread-safe.
class probe : public std::enable_shared_from_this<probe> {
public:
    using handler = std::function<void(std::exception_ptr failure, std::chrono::nanoseconds took)>;

    /// @param limit  greater than 0; the failure is errc::connect_timeout after that
    /// @param done   called once, on the strand
    static std::shared_ptr<probe>
    start(pool_impl& target, std::chrono::milliseconds limit, handler done);

    probe(asio::any_io_executor strand, handler done)
        : strand_{std::move(strand)}, done_{std::move(done)} {}

    /// Ends it soon, with operation_aborted.
    void cancel();

private:
    void ended(std::exception_ptr failure, std::chrono::milliseconds limit);

    asio::any_io_executor const strand_;
    handler done_;
    asio::cancellation_signal signal_;                        // used on the strand
    std::shared_ptr<pool_impl::close_callback const> closed_; // set before anybody can see it
    std::chrono::steady_clock::time_point const started_ = std::chrono::steady_clock::now();
};

} // namespace copg::detail
