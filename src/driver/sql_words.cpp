// SPDX-License-Identifier: BSL-1.0
#include "driver/sql_words.hpp"

namespace copg::detail {
namespace {

bool is_space(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

} // namespace

std::string_view word_reader::next() noexcept {
    skip_blank();
    if (rest_.empty())
        return {};
    if (rest_.front() == '\'' || rest_.front() == '"')
        return take(quoted_size());
    auto const end = std::find_if_not(rest_.begin(), rest_.end(), is_word_character);
    return take(std::max<std::size_t>(1, static_cast<std::size_t>(end - rest_.begin())));
}

std::string_view word_reader::first() noexcept {
    auto word = next();
    while (word == ";")
        word = next();
    return word;
}

bool word_reader::still_has(std::string_view lower) const noexcept {
    auto ahead = *this;
    for (auto word = ahead.next(); !word.empty(); word = ahead.next())
        if (is_keyword(word, lower))
            return true;
    return false;
}

std::string_view word_reader::take(std::size_t size) noexcept {
    auto const word = rest_.substr(0, size);
    rest_.remove_prefix(word.size());
    return word;
}

std::size_t word_reader::quoted_size() const noexcept {
    auto const close = rest_.find(rest_.front(), 1);
    return close == rest_.npos ? rest_.size() : close + 1;
}

void word_reader::skip_blank() noexcept {
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
void word_reader::skip_comment() noexcept {
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

} // namespace copg::detail
