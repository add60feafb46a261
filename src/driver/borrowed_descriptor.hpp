// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>

namespace copg::detail {

namespace asio = boost::asio;

/// Lends a socket of libpq's to Asio for one wait. libpq owns it and may exchange it at every step,
/// for one with the same number even: Asio must have let go of it by then.
class borrowed_descriptor {
public:
    borrowed_descriptor(asio::any_io_executor const& executor, int socket)
        : descriptor_{executor, socket} {}
    ~borrowed_descriptor() { descriptor_.release(); }
    borrowed_descriptor(borrowed_descriptor const&) = delete;
    borrowed_descriptor& operator=(borrowed_descriptor const&) = delete;

    asio::posix::stream_descriptor& descriptor() noexcept { return descriptor_; }

    void stop() {
        boost::system::error_code ignored;
        descriptor_.cancel(ignored);
    }

private:
    asio::posix::stream_descriptor descriptor_;
};

} // namespace copg::detail
