// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <algorithm>
#include <string_view>

namespace copg::detail {

// The words of an SQL text (PostgreSQL manual, 4.1), as far as keywords go.

inline bool is_word_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

inline bool same_letter(char any, char lower) noexcept {
    return (any >= 'A' && any <= 'Z' ? any - 'A' + 'a' : any) == lower;
}

/// Whether a word is a keyword. @param lower  in lower case
inline bool is_keyword(std::string_view word, std::string_view lower) noexcept {
    return std::equal(word.begin(), word.end(), lower.begin(), lower.end(), same_letter);
}

/// Steps through the words of a statement; quoted text is passed over as one piece.
class word_reader {
public:
    explicit word_reader(std::string_view sql) noexcept : rest_{sql} {}

    /// The next word, or the next single character that starts none; empty at the end.
    std::string_view next() noexcept;

    /// The first word, past semicolons.
    std::string_view first() noexcept;

    /// Whether the next word is this keyword; it stays the next one.
    bool next_is(std::string_view lower) const noexcept {
        auto ahead = *this;
        return is_keyword(ahead.next(), lower);
    }

    /// Whether this keyword comes anywhere from here on.
    bool still_has(std::string_view lower) const noexcept;

private:
    std::string_view take(std::size_t size) noexcept;
    std::size_t quoted_size() const noexcept;
    void skip_blank() noexcept;
    void skip_comment() noexcept;

    std::string_view rest_;
};

} // namespace copg::detail
