// SPDX-License-Identifier: BSL-1.0
#include "driver/sql_classifier.hpp"

#include "driver/sql_words.hpp"

namespace copg::detail {
namespace {

/// @param rest  behind the first word
statement_kind classify(std::string_view word, word_reader const& rest) noexcept {
    using enum statement_kind;
    if (word.empty())
        return empty;
    if (is_keyword(word, "begin") || (is_keyword(word, "start") && rest.next_is("transaction")))
        return begin;
    if (is_keyword(word, "commit") || is_keyword(word, "end") ||
        (is_keyword(word, "prepare") && rest.next_is("transaction")))
        return commit;
    if (is_keyword(word, "rollback") || is_keyword(word, "abort"))
        return rest.still_has("to") ? transaction_point : rollback;
    if (is_keyword(word, "savepoint") || is_keyword(word, "release"))
        return transaction_point;
    if (is_keyword(word, "call") || is_keyword(word, "do"))
        return procedure;
    if (is_keyword(word, "copy") && (rest.still_has("stdin") || rest.still_has("stdout")))
        return copy_stream;
    return ordinary;
}

bool drops_statements(std::string_view word) noexcept {
    return is_keyword(word, "discard") || is_keyword(word, "deallocate");
}

} // namespace

sql_traits traits_of(std::string_view sql) noexcept {
    word_reader words{sql};
    auto const first = words.first();
    return {classify(first, words), aftermath_of(sql, first, words), drops_statements(first)};
}

statement_kind classify(std::string_view sql) noexcept {
    word_reader words{sql};
    auto const first = words.first();
    return classify(first, words);
}

} // namespace copg::detail
