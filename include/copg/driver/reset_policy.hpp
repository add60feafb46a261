// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace copg {

/// When a connection's leftovers (settings, role, temporary tables, advisory locks, channels,
/// cursors, statements prepared by SQL, open transactions …) are removed before the next borrower.
///
/// The reset travels in front of the next borrower's first statement, in a segment of its own; it
/// costs no round trip. An open transaction is rolled back before it, whatever the policy. When the
/// reset fails, the connection is closed, and that statement with errc::statement_in_doubt.
///
/// No reset undoes what the server cannot: loaded libraries, the seed of random(), what extensions
/// keep in a session (connections of dblink …).
enum class reset_policy {
    /// Never: for a pool that serves one tenant. What one borrower sets holds for all behind it.
    none,
    /// When the text of a statement, a script or a COPY says that it can leave something behind.
    /// Statements that copg has prepared stay, unless the text says that they could have been
    /// touched (PREPARE, DEALLOCATE, DO, CALL, CREATE FUNCTION …). Not seen is what a function does
    /// inside, and what an INSERT draws from a sequence: lastval() can tell it.
    standard,
    /// After every borrower, whatever it ran, by DISCARD ALL: for tenants who may run any SQL.
    /// Everything is prepared anew.
    always,
};

} // namespace copg
