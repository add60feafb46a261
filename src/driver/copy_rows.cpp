// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/copy_typed.hpp>

#include <boost/core/demangle.hpp>

#include <fmt/format.h>

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

std::string copy_in_sql(std::string_view table, std::string_view columns) {
    return fmt::format("copy {} ({}) from stdin (format binary)", table, columns);
}

std::string copy_columns_sql(std::string_view table, std::string_view columns) {
    return fmt::format("select {} from {}", columns, table);
}

std::string copy_out_sql(std::string_view query) {
    return fmt::format("copy ({}) to stdout (format binary)", query);
}

void throw_wrong_copy_type(result const& columns, std::size_t column, std::type_info const& given) {
    throw error{errc::type_mismatch,
                fmt::format("column {} \"{}\" is {}, whose binary format {} does not have",
                            column + 1,
                            columns.column_name(column),
                            to_string(columns.column_type(column)),
                            boost::core::demangle(given.name()))};
}

void copy_row::take_apart(std::string_view piece, bool has_header) {
    byte_reader reader{piece};
    fields_.clear();
    if (has_header) {
        constexpr std::size_t signature_and_flags = 15;
        reader.take_bytes(signature_and_flags);
        reader.take_bytes(reader.take<std::uint32_t>());
        if (reader.left() == 0) {
            state_ = content::nothing;
            return;
        }
    }
    auto const count = reader.take_int16();
    state_ = count < 0 ? content::trailer : content::row;
    for (auto i = 0; i < count; ++i)
        fields_.push_back(reader.take_value());
    if (state_ == content::row && fields_.size() != columns_->columns())
        throw error{errc::protocol_error, "a row of COPY has another number of columns"};
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
