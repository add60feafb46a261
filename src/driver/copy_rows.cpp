// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/copy_rows.hpp>

namespace copg::detail {
namespace {

/// The letter after a backslash, or 0 for a character that stands for itself.
char escape_of(char c) noexcept {
    switch (c) {
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

char unescaped(char letter) noexcept {
    switch (letter) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    default:
        return letter;
    }
}

std::optional<std::string> field_of(std::string_view text) {
    if (text == "\\N")
        return std::nullopt;
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] == '\\' && i + 1 < text.size())
            plain += unescaped(text[++i]);
        else
            plain += text[i];
    return plain;
}

} // namespace

void text_row::separate() {
    if (!first_)
        buffer_ += '\t';
    first_ = false;
}

void text_row::add(std::string_view text) {
    separate();
    for (char const c : text) {
        if (c == '\0')
            throw error{errc::value_out_of_range, "a text holds a NUL character"};
        if (auto const letter = escape_of(c)) {
            buffer_ += '\\';
            buffer_ += letter;
        } else {
            buffer_ += c;
        }
    }
}

void text_row::add(std::nullopt_t) {
    separate();
    buffer_ += "\\N";
}

std::vector<std::optional<std::string>> split_text_row(std::string_view row) {
    if (row.ends_with('\n'))
        row.remove_suffix(1);
    std::vector<std::optional<std::string>> fields;
    while (true) {
        auto const tab = row.find('\t'); // one inside a value is written as \t
        fields.push_back(field_of(row.substr(0, tab)));
        if (tab == row.npos)
            return fields;
        row.remove_prefix(tab + 1);
    }
}

} // namespace copg::detail
