// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "manager/balance/replica_view.hpp"

#include <copg/driver/connect_options.hpp>
#include <copg/driver/connection.hpp>
#include <copg/scope/database.hpp>

#include <boost/asio/cancellation_signal.hpp>

namespace copg::detail {

/// The nodes of a DSN one by one, each as a DSN of its own.
/// @throws error errc::invalid_dsn, errc::invalid_configuration
std::vector<dsn> nodes_of(dsn const& all);
/// The same nodes, of which the one that takes writes is meant.
dsn primary_of(dsn const& all);

/// A node of a replica set: where it is, its pool for reads, what is known of it, and the
/// connection over which it is asked. Checked by one coroutine at a time.
class replica_node {
public:
    replica_node(connect_options where,
                 database reads,
                 std::optional<std::chrono::milliseconds> maximum_lag);

    /// Asks the node what it is, within the limit, on a new connection if the old one is broken. A
    /// failure is noted. Cancellation (terminal): passed on; nothing is noted.
    asio::awaitable<void> check(std::chrono::milliseconds limit);

    /// Closes the connection, and makes no other. Thread-safe.
    void close() noexcept;

    database const& reads() const noexcept { return reads_; }
    std::shared_ptr<replica_view> const& view() const noexcept { return view_; }
    asio::cancellation_signal& signal() noexcept {
        return signal_;
    } ///< of the check; on its strand
    std::string redacted() const { return where_.target().redacted(); }

private:
    asio::awaitable<void> ask();
    bool keep(std::shared_ptr<connection> made);
    std::shared_ptr<connection> link() const;
    std::shared_ptr<connection> drop();

    connect_options const where_;
    database const reads_;
    std::shared_ptr<replica_view> const view_;
    asio::cancellation_signal signal_;
    mutable std::mutex mutex_; // guards all below
    std::shared_ptr<connection> link_;
    bool closed_ = false;
};

} // namespace copg::detail
