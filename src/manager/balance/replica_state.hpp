// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/async_mutex.hpp"
#include "manager/balance/balance_state.hpp"
#include "manager/balance/replica_node.hpp"

#include <copg/manager/replica_options.hpp>

#include <boost/asio/steady_timer.hpp>

#include <atomic>

namespace copg::detail {

/// The checks of a replica set, and what follows from them. One round at a time, on a strand; in it
/// all nodes are asked at once. When the primary has moved, or a connection of its pool leads to a
/// node that takes no writes, the pool is refreshed: its next connections look for the primary.
///
/// A round holds the state, the timer does not. Nothing runs for long after stop().
class replica_state : public std::enable_shared_from_this<replica_state> {
public:
    replica_state(asio::any_io_executor const& executor,
                  connect_options const& nodes,
                  session const& bound_to,
                  pool_options const& pools,
                  replica_options const& options);

    /// Starts the first round, unless there are none. Call once, when the object is shared.
    void start();
    /// Ends the checks. Thread-safe.
    void stop() noexcept;
    /// The same, and closes the pools.
    void close() noexcept;

    /// A round. @param self  this, kept alive until the end
    asio::awaitable<void> check(std::shared_ptr<replica_state> self);
    /// A write found its node read-only: a round is due, and a close look at the primary's pool.
    /// Thread-safe.
    void suspect() noexcept;

    std::vector<replica_status> status() const;
    database const& primary() const noexcept { return primary_; }
    balance_state& reads() noexcept { return reads_; }

private:
    class running;
    struct children;
    using node_list = std::vector<std::shared_ptr<replica_node>>;

    void arm();
    void start_round();
    bool is_stopped() const;
    asio::awaitable<void> round(std::shared_ptr<replica_state> self);
    asio::awaitable<void> ask_all();
    asio::awaitable<void> look_at_primary();
    asio::awaitable<void> look_at(std::vector<lease> borrowed);
    void note_primary();
    void cancel_children();

    asio::any_io_executor const strand_;
    replica_options const options_;
    database const primary_;
    node_list const nodes_;
    balance_state reads_;
    std::shared_ptr<async_mutex> const turn_ = std::make_shared<async_mutex>();
    std::atomic<std::size_t> rounds_ = 0; // under way
    std::atomic<bool> suspected_ = false;

    // On the strand.
    asio::cancellation_signal look_signal_;
    std::shared_ptr<replica_node> known_primary_;
    bool unsure_ = false; // after a suspicion, connections could not be asked

    mutable std::mutex mutex_; // guards all below
    asio::steady_timer timer_;
    bool stopped_ = false;
};

} // namespace copg::detail
