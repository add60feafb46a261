// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/resumption.hpp"
#include "driver/backend_state.hpp"
#include "driver/segment.hpp"
#include "driver/wire.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>

namespace copg::detail {

class connection_impl;

/// Something that is sent to the server, and the reading of what comes back: segments, a script, a
/// COPY. Lives with whoever waits for it; when that one leaves early, detach() makes what reads the
/// rest of the answer on behalf of nobody.
///
/// States: new; under way (linked into the connection's queue); ended. The connection calls every
/// virtual function under its mutex.
class exchange : public boost::intrusive::list_base_hook<> {
public:
    using clock = std::chrono::steady_clock;
    using progress = wire::progress;

    explicit exchange(connection_impl& connection) noexcept : owner_{connection} {}
    exchange(exchange const&) = delete;
    exchange& operator=(exchange const&) = delete;
    virtual ~exchange(); ///< while it is under way: takes the connection with it

    /// Queues everything and flushes what the kernel takes. @throws error errc::connection_lost
    virtual void send(wire& wire) = 0;

    /// Reads on in what has been received.
    /// @throws error when the connection cannot be used any more
    virtual progress read(wire& wire, binding& binding, backend_state& backend) = 0;

    /// Whether whoever waits has something to take before the end.
    virtual bool has_news() const noexcept { return false; }

    /// Whether whoever waits wants to know when everything has gone out.
    virtual bool waits_for_flush() const noexcept { return false; }

    /// Whether a cancel request sent now would hit what nobody wants any more.
    virtual bool can_be_stopped() const noexcept { return true; }

    /// What reads on when nobody wants the answer any more; `wire` lets it say so to the server.
    virtual std::unique_ptr<exchange> detach(wire& wire) = 0;

    /// Where the server's last words go.
    virtual segment_answer& under_way() noexcept = 0;

    /// Whether the server has answered with an error.
    virtual bool has_failed() noexcept { return under_way().failed(); }

    /// What losing the connection now means. @param message  why it was lost
    virtual std::exception_ptr loss(std::string const& message) = 0;

    /// Sends nothing and ends when the connection has settled.
    virtual bool is_barrier() const noexcept { return false; }

    void throw_if_failed() const {
        if (failure)
            std::rethrow_exception(failure);
    }

    std::exception_ptr failure; ///< it did not come to its end
    bool ended = false;

    // The connection's.
    std::uint64_t id = 0;
    std::optional<clock::time_point> deadline;
    clock::time_point started{}; // if it was begun
    resumption waiter;

private:
    connection_impl& owner_;
};

/// When the simple protocol has no result now: back to pipeline mode, if everything has been read.
exchange::progress end_simple(wire& wire, binding& binding);

/// The error of a connection that was lost. @param code  one of connection_lost,
/// statement_in_doubt, transaction_in_doubt
error lost_error(errc code, std::string const& cause);

/// Waits until nothing is left of what a former statement started.
class barrier final : public exchange {
public:
    using exchange::exchange;
    void send(wire&) override {}
    progress read(wire&, binding&, backend_state&) override { return progress::ended; }
    std::unique_ptr<exchange> detach(wire&) override { return nullptr; }
    segment_answer& under_way() noexcept override { return nothing_; }
    std::exception_ptr loss(std::string const& message) override;
    bool is_barrier() const noexcept override { return true; }

private:
    segment_answer nothing_;
};

} // namespace copg::detail
