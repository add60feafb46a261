// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>
#include <copg/base/sql_error.hpp>

#include <chrono>
#include <exception>
#include <source_location>
#include <string_view>

namespace copg {

/// A connection attempt ended. Views hold for the call only.
struct connect_event {
    std::string_view target; ///< the DSN without its secrets
    std::chrono::nanoseconds duration{};
    std::exception_ptr failure; ///< null when the connection stands
};

/// A lease is held for longer than pool_options::leak_threshold. Views hold for the call only.
struct long_lease_event {
    std::string_view target;    ///< the DSN without its secrets
    std::source_location where; ///< of the acquire
    std::chrono::nanoseconds held{};
    std::string_view session; ///< session::describe()
    int backend_pid = 0;
};

/// A lease was given back while a transaction was open, or had failed and was not ended. It is
/// rolled back in the background. Views hold for the call only.
struct open_transaction_event {
    std::string_view target;    ///< the DSN without its secrets
    std::source_location where; ///< of the acquire
    std::string_view session;   ///< session::describe()
    int backend_pid = 0;
};

/// A pool gave up a connection. Views hold for the call only.
struct close_event {
    std::string_view target; ///< the DSN without its secrets
    std::string_view reason; ///< to_string(close_reason)
};

/// A transaction scope that had sent something has ended. Views hold for the call only.
struct transaction_end_event {
    std::string_view target;             ///< the DSN without its secrets
    std::string_view scope;              ///< scope_key::describe()
    std::string_view outcome;            ///< to_string(transaction_outcome)
    std::exception_ptr failure;          ///< of COMMIT, or null
    std::exception_ptr rollback_failure; ///< why the connection had to be closed instead, or null
};

/// What is known of a pool's server has changed. Views hold for the call only.
struct health_event {
    std::string_view target; ///< the DSN without its secrets
    std::string_view from;   ///< to_string(health_state)
    std::string_view to;     ///< likewise
    std::string_view why;    ///< one line, without secrets
};

/// Receives what happens inside copg. Every function may be called from any thread, at times from
/// several at once, and must neither block nor throw. Lifetime: shared by what it observes.
class COPG_API observer {
public:
    observer() = default;
    observer(observer const&) = delete;
    observer& operator=(observer const&) = delete;
    virtual ~observer();

    /// A connection attempt succeeded or failed.
    virtual void on_connect(connect_event const&) noexcept {}

    /// A lease may have been forgotten; told once for each.
    virtual void on_long_lease(long_lease_event const&) noexcept {}

    /// A borrower has left a transaction open, and what was done in it is lost.
    virtual void on_open_transaction(open_transaction_event const&) noexcept {}

    /// A transaction scope has ended.
    virtual void on_transaction_end(transaction_end_event const&) noexcept {}

    /// A pool gave up a connection.
    virtual void on_close(close_event const&) noexcept {}

    /// A pool_health found its pool in another state.
    virtual void on_health(health_event const&) noexcept {}

    /// The server sent a NoticeResponse. Never printed by copg itself.
    virtual void on_notice(sql_diagnostics const&) noexcept {}
};

} // namespace copg
