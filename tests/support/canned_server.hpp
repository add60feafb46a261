// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace copg::test {

/// What a canned_server says.
struct canned_answers {
    std::string to_tls_request = "N"; ///< to SSLRequest and GSSENCRequest
    std::string to_startup;           ///< to the start-up message
    enum class ending { silence, close, reset } then = ending::silence;

    canned_answers() = default;
};

/// An ErrorResponse of severity FATAL.
std::string fatal_response(std::string const& state, std::string const& message);

/// Listens on a free port of 127.0.0.1, on a thread of its own, and says the same to everybody.
/// Thread-safe.
class canned_server {
public:
    explicit canned_server(canned_answers const& answers);
    canned_server(canned_server const&) = delete;
    canned_server& operator=(canned_server const&) = delete;
    ~canned_server();

    unsigned short port() const noexcept;
    std::string dsn() const;

    std::uint64_t connections() const noexcept;
    /// How many packets were answered.
    std::uint64_t answers() const noexcept;
    /// The parameters of the last start-up message.
    std::map<std::string, std::string> startup_parameters() const;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace copg::test
