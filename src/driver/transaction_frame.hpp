// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/result.hpp>
#include <copg/driver/session.hpp>
#include <copg/driver/statement.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace copg::detail {

class connection_impl;

/// What goes around a statement of a transaction that copg conducts, in the same flush and segment,
/// and what became of it. Sent in this order: BEGIN, the session's prelude, the points, the
/// statement, the question, COMMIT. Something that fails keeps all behind it from being run.
struct transaction_frame {
    std::string begin;               ///< BEGIN with its options; empty: it was sent before
    std::vector<std::string> points; ///< RELEASE and SAVEPOINT
    char const* question = nullptr;  ///< a SELECT
    bool commits = false;

    enum class end { not_sent, succeeded, failed, commit_failed, unknown };
    end ended = end::not_sent;   ///< unknown: cancelled or lost, in the midst of it
    std::size_t points_done = 0; ///< how many of the points were run, unless unknown
    result reply;                ///< to the question

    transaction_frame() = default;
};

/// Runs a statement in its frame. In a transaction that has failed the statement goes alone.
/// @param frame  must live until the end
/// @throws as run_statement(); of a COMMIT whose answer was lost: errc::transaction_in_doubt
asio::awaitable<result> run_framed(std::shared_ptr<connection_impl> connection,
                                   session session,
                                   statement statement,
                                   transaction_frame& frame);

/// Runs the frame without a statement.
asio::awaitable<void>
run_frame(std::shared_ptr<connection_impl> connection, session session, transaction_frame& frame);

/// Goes back to a savepoint, and drops it. When it throws, the transaction has failed, or the
/// connection is lost.
asio::awaitable<void> undo_to(std::shared_ptr<connection_impl> connection, std::string savepoint);

} // namespace copg::detail
