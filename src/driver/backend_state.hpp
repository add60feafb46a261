// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/segment.hpp"
#include "driver/sql_leftovers.hpp"
#include "driver/statement_cache.hpp"
#include "driver/transaction_levels.hpp"

#include <copg/driver/reset_policy.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_set>

namespace copg::detail {

/// What copg remembers of a connection's server process between statements.
///
/// Belongs to whoever has the connection (see claim in runner.cpp) while nothing is under way, and
/// to the connection, which calls learn(), while something is.
class backend_state {
public:
    explicit backend_state(std::size_t statement_budget) : statements_{statement_budget} {}

    statement_cache& statements() noexcept { return statements_; }

    /// Whether these schemas have been seen to exist here.
    bool knows_schemas(std::size_t hash) const { return schemas_.contains(hash); }

    /// A segment was answered as a whole.
    void learn(segment const& sent, segment_answer const& answer);

    /// What has this aftermath is about to run.
    void mark(aftermath after) noexcept {
        marks_ = std::max(marks_, after.leaves);
        if (after.alters)
            meaning_ = ++last_meaning_;
    }
    /// A transaction or a part of one may be about to end, and settings with it.
    void mark_transaction_end() noexcept {
        if (meaning_ != 0)
            meaning_ = ++last_meaning_;
    }
    /// What statements mean here, which is decided when they are prepared; 0: what they mean on a
    /// fresh connection.
    std::uint64_t meaning() const noexcept { return meaning_; }
    /// The borrower gave the connection back.
    void end_borrow(reset_policy policy) noexcept;
    /// What is there now and must not be met by the next statement outside a transaction.
    leftovers reset_due() const noexcept {
        return reset_required_ ? std::max(reset_due_, leftovers::session) : reset_due_;
    }

    /// A transaction of copg's own was left behind: nobody else will end it.
    void require_rollback() noexcept {
        rollback_due_ = true;
        own_rollback_ = true;
        rollback_to_ = 0;
    }
    /// The same of a borrower's. @param savepoint  from which on it was left; 0: all of it
    void require_rollback_to(unsigned savepoint) noexcept {
        rollback_to_ = rollback_due_ ? std::min(rollback_to_, savepoint) : savepoint;
        rollback_due_ = true;
    }
    void rolled_back() noexcept { rollback_due_ = own_rollback_ = false; }
    bool rollback_due() const noexcept { return rollback_due_; }
    /// Whether what is open is nothing that a borrower knows of.
    bool own_rollback_due() const noexcept { return own_rollback_; }
    unsigned rollback_to() const noexcept { return rollback_to_; }

    /// The explicit transactions of the borrower.
    transaction_levels& transactions() noexcept { return transactions_; }

private:
    void learn_schemas(std::size_t hash);
    void learn_loss(segment const& sent, segment_answer const& answer);
    void learn_success(segment const& sent, segment_item const& item);

    leftovers marks_ = leftovers::none; // of the borrower that has it now
    leftovers reset_due_ = leftovers::none;
    std::uint64_t meaning_ = 0;
    std::uint64_t last_meaning_ = 0;
    bool reset_required_ = false; // settings hold for the whole connection, whatever the policy
    bool rollback_due_ = false;
    bool own_rollback_ = false; // it is due for a transaction of copg's own
    unsigned rollback_to_ = 0;  // the savepoint, when it is due; 0: everything
    transaction_levels transactions_;
    statement_cache statements_;
    std::unordered_set<std::size_t> schemas_;
};

/// Whether the error says that a prepared statement is not what was believed of it: its plan is
/// stale, its name is unknown, or its name is taken.
bool is_statement_loss(segment_answer const& answer) noexcept;

} // namespace copg::detail
