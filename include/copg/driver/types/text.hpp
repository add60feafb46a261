// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/trait.hpp>

namespace copg {
namespace detail {

template <class T>
concept character_text = std::convertible_to<T const&, std::string_view>;

COPG_API void encode_text(std::string_view text, std::string& out);
COPG_API bool is_text(oid column) noexcept;
[[noreturn]] COPG_API void throw_unknown_jsonb();

/// jsonb_send writes its version first.
inline std::string_view decode_jsonb(std::string_view bytes) {
    if (bytes.empty() || bytes.front() != '\1')
        throw_unknown_jsonb();
    return bytes.substr(1);
}

} // namespace detail

/// Text parameters go in text format without a type, so that they fit a column of any type, as a
/// quoted literal would. A NUL inside is refused.
template <detail::character_text T>
struct codec<T> {
    static constexpr oid parameter_type = oid::unspecified;
    static constexpr bool binary = false;
    static void encode(std::string_view value, std::string& out) {
        detail::encode_text(value, out);
    }
};

/// text, varchar, char, "char", name, xml, json and jsonb columns; every column that came in text
/// format (sql::text_results).
template <>
struct codec<std::string> {
    static constexpr oid parameter_type = oid::unspecified;
    static constexpr bool binary = false;
    static void encode(std::string_view value, std::string& out) {
        detail::encode_text(value, out);
    }
    static bool accepts(oid column) noexcept { return detail::is_text(column); }
    static std::string decode(std::string_view bytes, oid column) {
        return std::string{column == oid::jsonb ? detail::decode_jsonb(bytes) : bytes};
    }
    static std::string decode_text(std::string_view text, oid) { return std::string{text}; }
};

} // namespace copg
