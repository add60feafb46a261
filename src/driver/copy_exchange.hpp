// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/exchange.hpp"

#include <vector>

namespace copg::detail {

/// One COPY between server and client (PostgreSQL manual, 34.10), in the simple protocol.
///
/// States: opening; sending (the server takes data); receiving; closing (all data went through,
/// the server's verdict is to come); ended. Discarding means that nobody is there any more: data
/// that comes is dropped, data that is asked for is refused.
class copy_exchange final : public exchange {
public:
    enum class state { opening, sending, receiving, closing };

    copy_exchange(connection_impl& connection, std::string sql)
        : exchange{connection}, connection_{connection}, sql_{std::move(sql)} {}

    /// It stands in a transaction, and is committed only with that.
    void stand_in_transaction() noexcept { in_transaction_ = true; }

    void send(wire& wire) override { wire.send_simple(sql_); }
    progress read(wire& wire, binding& binding, backend_state& backend) override;
    bool has_news() const noexcept override;
    bool waits_for_flush() const noexcept override { return waits_for_flush_; }
    std::unique_ptr<exchange> detach(wire& wire) override;
    segment_answer& under_way() noexcept override { return answer_; }
    std::exception_ptr loss(std::string const& message) override;

    state now() const noexcept { return state_; }
    /// Which way the data goes: sending or receiving; opening when it is not known.
    state way() const noexcept { return way_; }
    bool is_binary() const noexcept { return binary_; }
    segment_answer const& answer() const noexcept { return answer_; }

    // For whoever sends. Call them with the wire's mutex held (connection_impl::with_wire).

    void put(wire& wire, std::span<char const> bytes) { wire.put_copy_data(bytes); }
    /// All data is there. @param reason  not null: none of it shall count
    void finish(wire& wire, char const* reason);
    bool was_refused() const noexcept { return refused_; }
    void wait_for_flush(bool wanted) noexcept { waits_for_flush_ = wanted; }

    // For whoever receives, likewise.

    /// Exchanges the rows that have come for an empty list.
    void take_all(std::vector<wire::copy_piece>& empty) noexcept {
        received_.swap(empty);
        received_bytes_ = 0;
    }

private:
    static constexpr std::size_t most_bytes = 256 * 1024;

    void accept(pg_result_handle answered, wire& wire, binding& binding);
    bool receive(wire& wire);

    connection_impl& connection_;
    std::string sql_;
    state state_ = state::opening;
    state way_ = state::opening;
    bool binary_ = false;
    bool discarding_ = false;
    bool refused_ = false;
    bool in_transaction_ = false;
    bool waits_for_flush_ = false;
    segment_answer answer_;
    std::vector<wire::copy_piece> received_;
    std::size_t received_bytes_ = 0;
};

} // namespace copg::detail
