// SPDX-License-Identifier: BSL-1.0
#include "driver/sql_classifier.hpp"

#include <algorithm>
#include <string>

namespace copg::detail {
namespace {

bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool is_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

bool same_letter(char any, char lower) noexcept {
    return (any >= 'A' && any <= 'Z' ? any - 'A' + 'a' : any) == lower;
}

bool equals(std::string_view word, std::string_view lower) noexcept {
    return std::equal(word.begin(), word.end(), lower.begin(), lower.end(), same_letter);
}

/// Steps through the words of a statement; quoted text is passed over as one piece.
class word_reader {
public:
    explicit word_reader(std::string_view sql) noexcept : rest_{sql} {}

    /// The next word, or the next single character that starts none; empty at the end.
    std::string_view next() noexcept {
        skip_blank();
        if (rest_.empty())
            return {};
        if (rest_.front() == '\'' || rest_.front() == '"')
            return take(quoted_size());
        auto const end = std::find_if_not(rest_.begin(), rest_.end(), is_word);
        return take(std::max<std::size_t>(1, static_cast<std::size_t>(end - rest_.begin())));
    }

    /// The first word, past semicolons.
    std::string_view first() noexcept {
        auto word = next();
        while (word == ";")
            word = next();
        return word;
    }

private:
    std::string_view take(std::size_t size) noexcept {
        auto const word = rest_.substr(0, size);
        rest_.remove_prefix(word.size());
        return word;
    }

    std::size_t quoted_size() const noexcept {
        auto const close = rest_.find(rest_.front(), 1);
        return close == rest_.npos ? rest_.size() : close + 1;
    }

    void skip_blank() noexcept {
        while (!rest_.empty()) {
            if (is_space(rest_.front()))
                rest_.remove_prefix(1);
            else if (rest_.starts_with("--"))
                take(rest_.find_first_of("\r\n"));
            else if (rest_.starts_with("/*"))
                skip_comment();
            else
                return;
        }
    }

    // Comments of this form nest.
    void skip_comment() noexcept {
        int depth = 0;
        do {
            if (rest_.starts_with("/*")) {
                ++depth;
                take(2);
            } else if (rest_.starts_with("*/")) {
                --depth;
                take(2);
            } else {
                take(1);
            }
        } while (depth > 0 && !rest_.empty());
    }

    std::string_view rest_;
};

statement_kind classify_rollback(word_reader words) noexcept {
    for (auto word = words.next(); !word.empty(); word = words.next())
        if (equals(word, "to"))
            return statement_kind::transaction_point;
    return statement_kind::rollback;
}

statement_kind classify_copy(word_reader words) noexcept {
    for (auto word = words.next(); !word.empty(); word = words.next())
        if (equals(word, "stdin") || equals(word, "stdout"))
            return statement_kind::copy_stream;
    return statement_kind::ordinary;
}

bool next_is(word_reader words, std::string_view lower) noexcept {
    return equals(words.next(), lower);
}

// Each part begins with one of three letters, so that one look at each character is enough.
bool contains_state_word(std::string_view sql) noexcept {
    static constexpr std::string_view anywhere[] = {"set_config", "advisory_lock", "temp"};
    auto const starts = [](std::string_view text, std::string_view part) {
        return text.size() >= part.size() && equals(text.substr(0, part.size()), part);
    };
    for (std::size_t i = 0; i < sql.size(); ++i) {
        auto const letter = sql[i] | 0x20;
        if (letter != 's' && letter != 'a' && letter != 't')
            continue;
        for (auto const part : anywhere)
            if (starts(sql.substr(i), part))
                return true;
    }
    return false;
}

} // namespace

bool may_leave_state(std::string_view sql) noexcept {
    static constexpr std::string_view leading[] = {"set",
                                                   "reset",
                                                   "listen",
                                                   "prepare",
                                                   "declare",
                                                   "load",
                                                   "do",
                                                   "call",
                                                   "create",
                                                   "discard",
                                                   "deallocate"};
    auto const word = word_reader{sql}.first();
    return std::any_of(std::begin(leading),
                       std::end(leading),
                       [word](std::string_view keyword) { return equals(word, keyword); }) ||
           contains_state_word(sql);
}

bool drops_statements(std::string_view sql) noexcept {
    auto const word = word_reader{sql}.first();
    return equals(word, "discard") || equals(word, "deallocate");
}

sql_traits traits_of(std::string_view sql) noexcept {
    return {classify(sql), may_leave_state(sql), drops_statements(sql)};
}

statement_kind classify(std::string_view sql) noexcept {
    using enum statement_kind;
    word_reader words{sql};
    auto const word = words.first();

    if (word.empty())
        return empty;
    if (equals(word, "begin") || (equals(word, "start") && next_is(words, "transaction")))
        return begin;
    if (equals(word, "commit") || equals(word, "end") ||
        (equals(word, "prepare") && next_is(words, "transaction")))
        return commit;
    if (equals(word, "rollback") || equals(word, "abort"))
        return classify_rollback(words);
    if (equals(word, "savepoint") || equals(word, "release"))
        return transaction_point;
    if (equals(word, "call") || equals(word, "do"))
        return procedure;
    if (equals(word, "copy"))
        return classify_copy(words);
    return ordinary;
}

} // namespace copg::detail
