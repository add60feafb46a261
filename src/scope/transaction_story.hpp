// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "scope/callbacks.hpp"

#include <copg/scope/database.hpp>
#include <copg/scope/transaction_error.hpp>

#include <memory>
#include <optional>
#include <string>

namespace copg::detail {

/// By what a server knows a transaction.
struct transaction_id {
    std::string number;   ///< pg_current_xact_id(), an xid8
    std::string timeline; ///< of the server's history, which a failover changes

    transaction_id() = default;
};

/// What is known of a transaction that has ended; shared by the copies of its error.
struct transaction_story {
    transaction_outcome outcome = transaction_outcome::rolled_back;
    std::exception_ptr cause;
    transaction_id id;
    std::optional<database> where;            ///< in doubt: whom to ask
    std::shared_ptr<callbacks> still_waiting; ///< in doubt: for the outcome; may be null

    transaction_story() = default;
};

} // namespace copg::detail
