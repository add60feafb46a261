// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/sql_classifier.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace copg::detail {

/// The server's transaction state, as of its last ReadyForQuery.
enum class transaction_state { idle, open, failed };

/// One step of a segment. `limit` sets the statement timeout and nothing else; points are
/// savepoints made and released; the question is a SELECT of copg's own.
enum class step : unsigned char { begin, prelude, points, limit, statement, question, commit };

/// The steps of a segment in the order in which they are sent.
class segment_plan {
public:
    segment_plan(std::initializer_list<step> steps) noexcept {
        for (auto const s : steps)
            steps_[size_++] = s;
    }

    step const* begin() const noexcept { return steps_.data(); }
    step const* end() const noexcept { return steps_.data() + size_; }
    bool contains(step wanted) const noexcept;
    /// Appends it, unless it is there. @pre fewer than all steps are there
    void add_once(step wanted) noexcept;
    segment_plan without(step unwanted) const noexcept;

    friend bool operator==(segment_plan const&, segment_plan const&) = default;

private:
    std::array<step, 7> steps_{};
    std::size_t size_ = 0;
};

/// What a statement must run under.
struct binding_wish {
    bool session = false;               ///< a session's settings
    std::chrono::milliseconds limit{0}; ///< a statement timeout; 0: the server's own
};

/// Whether a session's settings hold on a connection, and what must be sent so that they do for the
/// next statement. Pure: fed with what was answered, asked for plans.
///
/// Invariant: in_force() implies an open transaction in which the prelude succeeded and no COMMIT
/// or ROLLBACK came after it.
class binding {
public:
    /// The steps around a statement of this kind.
    segment_plan plan(statement_kind kind, binding_wish wish) const noexcept;

    /// The steps of a statement that opens copg's own transaction.
    static segment_plan plan_with_begin(binding_wish wish) noexcept;

    /// Whether a prelude sent now has to set the statement timeout too.
    bool prelude_sets_limit(binding_wish wish) const noexcept {
        return wish.limit.count() > 0 || limit_.count() != 0;
    }

    /// The prelude, or the limit, of the current segment succeeded; it set this statement timeout.
    void prelude_succeeded(std::chrono::milliseconds limit) noexcept;
    void limit_succeeded(std::chrono::milliseconds limit) noexcept { limit_ = limit; }

    /// A statement of the current segment was answered with this command tag.
    void tag_seen(std::string_view tag) noexcept;

    /// The segment's ReadyForQuery came.
    void segment_ended(transaction_state state) noexcept;

    transaction_state state() const noexcept { return state_; }
    bool in_force() const noexcept { return in_force_; }
    /// How often a transaction has been begun or committed: while it stays the same in an open
    /// transaction, it is the same one.
    unsigned boundaries() const noexcept { return boundaries_; }

private:
    segment_plan plan_in_transaction(bool control, binding_wish wish) const noexcept;

    transaction_state state_ = transaction_state::idle;
    unsigned boundaries_ = 0;
    bool prelude_sent_ = false;
    bool in_force_ = false;
    std::chrono::milliseconds limit_{0}; // that the open transaction stands under
};

} // namespace copg::detail
