// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace copg::detail {

class word_reader;

/// What may be left in a session behind somebody, each including the one before it.
enum class leftovers {
    none,
    session,  ///< settings, a role, temporary tables, locks, channels, cursors
    anything, ///< prepared statements too, copg's own among them: dropped, or others in their place
};

/// What a statement can leave behind in its session, as far as its text tells: what a function does
/// inside is not seen, nor is text that is put together from pieces.
struct aftermath {
    leftovers leaves = leftovers::none;
    /// Names and literals can mean something else from here on: a setting, a temporary table.
    bool alters = false;

    friend bool operator==(aftermath const&, aftermath const&) = default;
};

aftermath aftermath_of(std::string_view sql) noexcept;

/// The same for who has read the first word. @param rest  behind it
aftermath
aftermath_of(std::string_view sql, std::string_view first_word, word_reader const& rest) noexcept;

/// The same for a text of several statements. Quotes and comments are not told apart from the rest:
/// what is in them counts as if it were run.
aftermath aftermath_of_script(std::string_view sql) noexcept;

} // namespace copg::detail
