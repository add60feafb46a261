// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace copg::test {

/// What a fault_proxy does to the connections that it accepts from then on.
struct faults {
    std::chrono::milliseconds delay{0};            ///< before anything is passed on, either way
    std::optional<std::size_t> cut_after_answered; ///< bytes from the server, then both ends close
    std::optional<std::size_t> cut_after_sent;     ///< bytes to the server, then both ends close
    bool single_bytes = false;                     ///< the server's answers come byte by byte
    bool black_hole = false;                       ///< accepts, and passes nothing on
    bool panics = false;                           ///< what the server calls FATAL comes as PANIC

    faults() = default;
};

/// A TCP proxy in front of a server, on a thread of its own, that counts and disturbs.
/// Thread-safe.
class fault_proxy {
public:
    /// Listens on a free port of 127.0.0.1.
    explicit fault_proxy(unsigned short server_port);
    fault_proxy(fault_proxy const&) = delete;
    fault_proxy& operator=(fault_proxy const&) = delete;
    ~fault_proxy();

    std::string dsn(std::string const& database) const;
    unsigned short port() const noexcept;

    void set(faults const& wanted);

    /// Counting starts anew at every connection; cuts count from here.
    void cut_existing_after_answered(std::size_t bytes);
    void cut_existing_after_sent(std::size_t bytes);

    std::uint64_t connections() const noexcept;
    /// How often a client sent something after the server had said its last word: what a network's
    /// latency is paid for.
    std::uint64_t round_trips() const noexcept;
    std::uint64_t bytes_answered() const noexcept;
    /// Sync messages that clients have sent: the segments of the driver.
    std::uint64_t syncs() const noexcept;

    /// Keeps the server's answers back until they are let go: what a client has sent by then, it
    /// has sent without waiting.
    void hold_answers(bool hold) noexcept;

private:
    class impl;
    std::unique_ptr<impl> impl_;
};

} // namespace copg::test
