// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace copg {

/// When a connection's leftovers (settings, temporary tables, advisory locks, LISTEN, prepared
/// statements …) are removed before the next borrower. The reset travels in front of the next
/// borrower's first statement, in a segment of its own; it costs no round trip.
enum class reset_policy {
    none,     ///< never: for a pool that serves one tenant
    standard, ///< when a statement's text says that it can leave something behind
    always,   ///< after every borrower: for tenants who may run arbitrary SQL
};

} // namespace copg
