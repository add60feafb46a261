// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/session.hpp>

#include <memory>
#include <utility>

namespace copg::detail {

class connection_impl;

/// A connection for one operation, what its statements must see, and what keeps it.
struct bound_connection {
    std::shared_ptr<connection_impl> connection;
    copg::session session;
    std::shared_ptr<void> lent; ///< gives it back when the last copy goes
    std::shared_ptr<void> turn; ///< keeps others out until the operation has started

    bound_connection() = default;
    bound_connection(std::shared_ptr<connection_impl> c, copg::session s)
        : connection{std::move(c)}, session{std::move(s)} {}
};

} // namespace copg::detail
