// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/certificates.hpp"

#include <cstdint>
#include <memory>

namespace copg::test {

/// Speaks TLS to clients in records as large as TLS allows, 16 KiB, and plainly to a server. A
/// PostgreSQL server sends 8 KiB at most, proxies and lookalikes do not. On a thread of its own.
class tls_proxy {
public:
    tls_proxy(unsigned short server_port, certificate const& identity);
    tls_proxy(tls_proxy const&) = delete;
    tls_proxy& operator=(tls_proxy const&) = delete;
    ~tls_proxy();

    unsigned short port() const noexcept;
    /// Records of full size that were sent.
    std::uint64_t full_records() const noexcept;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace copg::test
