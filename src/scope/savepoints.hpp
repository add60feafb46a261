// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace copg::detail {

/// The savepoints of a transaction, each of a level that is open, innermost last. Pure: told what
/// happens, asked what to send.
///
/// A level's states: wanted (nothing has run in it, so that it has no savepoint); made; gone.
/// Nothing is sent for a level in which nothing runs. A savepoint that is not needed any more is
/// released in front of the next statement, or not at all when COMMIT comes first.
///
/// Invariant: no wanted level is further out than a made one.
class savepoints {
public:
    using number = std::size_t;

    /// Opens a level inside the innermost one. @return its number, never 0
    number enter();

    /// Whether the level is open.
    bool has(number level) const noexcept;

    /// What has to go in front of the next statement.
    std::vector<std::string> due() const;
    bool has_due() const noexcept { return released_ != 0 || has_wanted(); }

    /// So many of those that due() told have been run.
    void done(std::size_t count) noexcept;
    /// Nobody knows which of them have: all may have.
    void unknown() noexcept;
    /// None was: their transaction has not begun.
    void none() noexcept;

    /// A level, and all inside it, ends well. Does nothing when it has ended.
    void release(number level) noexcept;

    /// A level, and all inside it, is to be undone. @return the savepoint to go back to and to
    /// drop, if one was made
    std::optional<std::string> undo(number level);

private:
    struct entry {
        number level;
        bool made;
    };

    static std::string name_of(number level);
    bool has_wanted() const noexcept { return !open_.empty() && !open_.back().made; }
    std::vector<entry>::iterator find(number level) noexcept;

    std::vector<entry> open_;
    number released_ = 0; // to be released on the server, with all inside; 0: none
    number last_ = 0;
};

} // namespace copg::detail
