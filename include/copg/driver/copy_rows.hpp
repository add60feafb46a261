// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/codec.hpp>

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace copg::detail {

/// One value of a row in COPY's binary format (PostgreSQL manual, COPY, Binary Format).
template <class T>
void add_binary_field(T const& value, std::string& buffer) {
    static_assert(codec<T>::binary || std::convertible_to<T const&, std::string_view> ||
                      std::is_enum_v<T>,
                  "this type travels as text, which a binary COPY does not take");
    auto const start = begin_value(buffer);
    codec<T>::encode(value, buffer); // of a text or an enum: its text is its binary format too
    end_value(start, buffer);
}

template <class T>
void add_binary_field(std::optional<T> const& value, std::string& buffer) {
    if (value)
        add_binary_field(*value, buffer);
    else
        put_null(buffer);
}

inline void add_binary_field(std::nullopt_t, std::string& buffer) {
    put_null(buffer);
}

/// A row in COPY's text format (PostgreSQL manual, COPY, Text Format).
class COPG_API text_row {
public:
    explicit text_row(std::string& buffer) noexcept : buffer_{buffer} {}

    void add(std::string_view text);
    void add(std::nullopt_t);
    void add(bool value) { add(value ? std::string_view{"t"} : std::string_view{"f"}); }
    template <class T>
        requires std::convertible_to<T const&, std::string_view>
    void add(T const& text) {
        add(std::string_view{text});
    }
    template <class T>
        requires(std::integral<T> || std::floating_point<T>)
    void add(T value) {
        char digits[64];
        auto const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
        add(std::string_view{digits, end});
    }
    template <class T>
    void add(std::optional<T> const& value) {
        if (value)
            add(*value);
        else
            add(std::nullopt);
    }
    void end() { buffer_ += '\n'; }

private:
    void separate();

    std::string& buffer_;
    bool first_ = true;
};

/// A row of the text format taken apart.
COPG_API std::vector<std::optional<std::string>> split_text_row(std::string_view row);

} // namespace copg::detail
