// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/error.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <string>

namespace copg {

namespace detail {
struct transaction_story;
}

/// How a transaction has ended. In doubt: the connection broke while COMMIT was under way.
enum class transaction_outcome { committed, rolled_back, in_doubt };

COPG_API char const* to_string(transaction_outcome outcome) noexcept;

/// A transaction that ended otherwise than its body. code() is one of errc::transaction_aborted
/// (rolled back though the body returned), errc::transaction_in_doubt and errc::failed_after_commit
/// (committed, and then something else failed). Copying does not throw.
class COPG_API transaction_error : public error {
public:
    /// How the transaction has ended, as far as was known when this was thrown.
    transaction_outcome outcome() const noexcept;

    /// What was the reason: the statement that failed, the nested failure, the loss of the
    /// connection, what failed after COMMIT. Null when there is none.
    std::exception_ptr const& cause() const noexcept;

    /// The server's id of the transaction (pg_current_xact_id()); empty when it was not asked for
    /// (transaction_options::resolvable) or the transaction had written nothing when it was.
    std::string const& transaction_id() const noexcept;

    /// For copg's own layers.
    transaction_error(errc code,
                      std::string const& message,
                      std::shared_ptr<detail::transaction_story const> story);
    std::shared_ptr<detail::transaction_story const> const& story() const noexcept {
        return story_;
    }

private:
    std::shared_ptr<detail::transaction_story const> story_;
};

/// Asks the server how a transaction in doubt has ended (pg_xact_status), over a connection of the
/// pool that it ran on. While the server says that it is in progress, it is asked again. When the
/// outcome comes to be known, the callbacks that waited for it are run, once for all copies of the
/// error.
///
/// Still in doubt when the transaction was not `resolvable` or had written nothing that had been
/// seen; when it is in progress until the limit; and when the server does not know any more, or is
/// not the one that it was: after a failover an id can belong to another transaction.
/// What ended otherwise than in doubt is returned as it ended.
/// @param limit  for the whole of it; 10 s by default
/// @throws as pool::acquire and query_functions; error errc::deadline_exceeded when the server
///         could not be asked in time; errc::failed_after_commit when a callback fails
/// Cancellation: ends the question, not the callbacks.
COPG_API asio::awaitable<transaction_outcome>
resolve_in_doubt(transaction_error failure,
                 std::chrono::milliseconds limit = std::chrono::seconds{10});

} // namespace copg
