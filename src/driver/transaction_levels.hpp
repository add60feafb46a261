// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <memory>
#include <string>

namespace copg::detail {

/// A transaction that a borrower has begun and ends by itself, or a part of one behind a savepoint.
struct transaction_level {
    unsigned const savepoint;                       ///< its number; 0: the whole transaction
    std::shared_ptr<transaction_level> const outer; ///< null when whoever began that is not known
    bool open = true;
    bool doomed = false; ///< one inside it was left without an end: it can only be rolled back
};

/// The name of a savepoint in SQL. Those that are open together on a connection differ.
std::string savepoint_name(unsigned number);

/// The levels that are open on a connection, each inside the one before. Plain state.
///
/// Invariant: those that are open are the innermost one and all around it, and their savepoints'
/// numbers grow inwards.
class transaction_levels {
public:
    /// A new innermost one. @param inside  a transaction that is open; else none is, and what is
    /// thought to be open has ended unseen
    std::shared_ptr<transaction_level> enter(bool inside);

    /// It has ended, and with it all inside it. Does nothing when it had ended before.
    void leave(transaction_level const& ended) noexcept;
    /// The transaction has ended, or is nobody's any more.
    void leave_all() noexcept;

    /// It was left without an end, so that all around it can only be rolled back.
    /// @return whether it was open and there is none around it that will see to that
    bool abandon(transaction_level const& left) noexcept;

    /// Whether what would be begun now could only be rolled back.
    bool is_doomed() const noexcept { return innermost_ != nullptr && innermost_->doomed; }
    bool empty() const noexcept { return innermost_ == nullptr; }

private:
    void close_innermost() noexcept;

    std::shared_ptr<transaction_level> innermost_;
};

} // namespace copg::detail
