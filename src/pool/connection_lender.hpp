// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/bound_connection.hpp>
#include <copg/driver/result.hpp>
#include <copg/driver/statement.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>

namespace copg::detail {

/// Who lends a connection that stays its own: a transaction scope, to the leases that are acquired
/// inside it. It is in a transaction, which the lender begins and ends.
class connection_lender {
public:
    connection_lender() = default;
    connection_lender(connection_lender const&) = delete;
    connection_lender& operator=(connection_lender const&) = delete;
    virtual ~connection_lender() = default;

    /// Runs a statement in the transaction, which SAVEPOINT, RELEASE and ROLLBACK TO may be.
    /// @throws error errc::unsupported_statement for BEGIN, COMMIT and ROLLBACK
    virtual asio::awaitable<result> run(statement wanted) = 0;

    /// The connection, in the transaction, for an operation that takes a while.
    virtual asio::awaitable<bound_connection> bind() = 0;

    /// Null while nothing was sent, and when the lender has none any more.
    virtual std::shared_ptr<connection_impl> connection() const noexcept = 0;

    /// The borrower says that the connection must not be used any more, by nobody.
    virtual void discard() noexcept = 0;
};

} // namespace copg::detail
