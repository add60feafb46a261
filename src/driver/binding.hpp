// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/sql_classifier.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace copg::detail {

/// The server's transaction state, as of its last ReadyForQuery.
enum class transaction_state { idle, open, failed };

/// One step of a segment.
enum class step { begin, prelude, statement, commit };

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

    friend bool operator==(segment_plan const&, segment_plan const&) = default;

private:
    std::array<step, 4> steps_{};
    std::size_t size_ = 0;
};

/// Whether a session's settings hold on a connection, and what must be sent so that they do for the
/// next statement. Pure: fed with what was answered, asked for plans.
///
/// Invariant: in_force() implies an open transaction in which the prelude succeeded and no COMMIT
/// or ROLLBACK came after it.
class binding {
public:
    /// The steps around a statement of this kind under a session.
    segment_plan plan(statement_kind kind) const noexcept;

    /// The steps of a statement that opens copg's own transaction.
    static segment_plan plan_with_begin(bool has_session) noexcept;

    /// The prelude of the current segment succeeded.
    void prelude_succeeded() noexcept { prelude_sent_ = true; }

    /// A statement of the current segment was answered with this command tag.
    void tag_seen(std::string_view tag) noexcept;

    /// The segment's ReadyForQuery came.
    void segment_ended(transaction_state state) noexcept;

    transaction_state state() const noexcept { return state_; }
    bool in_force() const noexcept { return in_force_; }

private:
    transaction_state state_ = transaction_state::idle;
    bool prelude_sent_ = false;
    bool in_force_ = false;
};

} // namespace copg::detail
