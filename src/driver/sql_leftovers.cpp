// SPDX-License-Identifier: BSL-1.0
#include "driver/sql_leftovers.hpp"

#include "driver/sql_words.hpp"

#include <algorithm>
#include <array>

namespace copg::detail {
namespace {

constexpr aftermath nothing{};
constexpr aftermath held{leftovers::session, false};
constexpr aftermath altered{leftovers::session, true};
constexpr aftermath unknown{leftovers::anything, false};

struct leading_word {
    std::string_view word;
    aftermath after;
};

constexpr leading_word leading_words[] = {
    {"set", altered},
    {"reset", altered},
    {"listen", held},
    {"unlisten", held},
    {"declare", held},
    {"load", held},
    {"prepare", unknown},
    {"deallocate", unknown},
    {"discard", unknown},
    {"execute", unknown},
    {"do", unknown},
    {"call", unknown},
    {"create", unknown},
};

aftermath of_leading(std::string_view word) noexcept {
    for (auto const& known : leading_words)
        if (is_keyword(word, known.word))
            return known.after;
    return nothing;
}

aftermath both(aftermath a, aftermath b) noexcept {
    return {std::max(a.leaves, b.leaves), a.alters || b.alters};
}

bool begins_with(std::string_view text, std::string_view lower) noexcept {
    return text.size() >= lower.size() && is_keyword(text.substr(0, lower.size()), lower);
}

bool ends_with(std::string_view text, std::string_view lower) noexcept {
    return text.size() >= lower.size() &&
           is_keyword(text.substr(text.size() - lower.size()), lower);
}

bool ends_word(std::string_view rest) noexcept {
    return rest.empty() || !is_word_character(rest.front());
}

/// The words `temp` and `temporary`, and every form of the schema pg_temp, but not `temperature`.
bool is_temporary(std::string_view before, std::string_view rest) noexcept {
    if (ends_with(before, "pg_"))
        return true;
    if (!before.empty() && is_word_character(before.back()))
        return false;
    return ends_word(rest) || (begins_with(rest, "orary") && ends_word(rest.substr(5)));
}

bool is_setting_name(std::string_view before, std::string_view behind) noexcept {
    return (ends_with(before, "set") && begins_with(behind, "config")) ||
           (ends_with(before, "pg") && begins_with(behind, "settings")); // it can be updated
}

/// What follows from the name whose anchor is at this place.
aftermath of_name(std::string_view sql, std::size_t anchor) noexcept {
    auto const before = sql.substr(0, anchor);
    auto const behind = sql.substr(anchor + 1);
    auto alters = false;
    switch (sql[anchor]) {
    case '_':
        if (ends_with(before, "advisory") && begins_with(behind, "lock"))
            return held;
        alters = is_setting_name(before, behind);
        break;
    case 'p':
    case 'P':
        alters = ends_with(before, "tem") && is_temporary(before.substr(0, anchor - 3), behind);
        break;
    default: // '&': U&"set\005fconfig" is set_config too
        alters = ends_with(before, "u") && (behind.starts_with('"') || behind.starts_with('\''));
    }
    return alters ? altered : nothing;
}

// Rare letters, so that one look at each character is nearly all that it takes.
constexpr std::array<bool, 256> anchors = [] {
    std::array<bool, 256> table{};
    table['_'] = table['p'] = table['P'] = table['&'] = true;
    return table;
}();

aftermath of_names(std::string_view sql) noexcept {
    auto after = nothing;
    for (std::size_t i = 0; i < sql.size(); ++i)
        if (anchors[static_cast<unsigned char>(sql[i])])
            after = both(after, of_name(sql, i));
    return after;
}

bool makes_temporary(word_reader rest) noexcept { // behind CREATE
    auto word = rest.next();
    while (is_keyword(word, "or") || is_keyword(word, "replace") || is_keyword(word, "local") ||
           is_keyword(word, "global"))
        word = rest.next();
    return is_keyword(word, "temp") || is_keyword(word, "temporary");
}

} // namespace

aftermath aftermath_of(std::string_view sql) noexcept {
    word_reader words{sql};
    auto const first = words.first();
    return aftermath_of(sql, first, words);
}

aftermath
aftermath_of(std::string_view sql, std::string_view first_word, word_reader const& rest) noexcept {
    auto const after = of_leading(first_word);
    if (after == nothing && is_keyword(first_word, "explain") && rest.still_has("execute"))
        return both(unknown, of_names(sql));
    if (after != nothing && rest.next_is("transaction")) // SET, PREPARE
        return nothing;
    if (is_keyword(first_word, "create") && makes_temporary(rest))
        return altered;
    if (is_keyword(first_word, "do"))
        return aftermath_of_script(sql);
    return both(after, of_names(sql));
}

aftermath aftermath_of_script(std::string_view sql) noexcept {
    auto after = of_names(sql);
    for (auto rest = sql; !rest.empty();) {
        auto const start = std::find_if(rest.begin(), rest.end(), is_word_character);
        auto const end = std::find_if_not(start, rest.end(), is_word_character);
        after = both(after, of_leading({start, end}));
        rest = {end, rest.end()};
    }
    return after;
}

} // namespace copg::detail
