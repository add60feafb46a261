// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/range_wire.hpp>

namespace copg {

/// The built-in range types. A range type of the user's does not tell what it is made of: read it
/// as text.
template <class T>
struct codec<range<T>> {
    static constexpr oid parameter_type = detail::range_type<T>;
    static constexpr bool binary = detail::is_binary_range<T>;

    static void encode(range<T> const& value, std::string& out)
        requires(binary || detail::text_encodable<T>)
    {
        if constexpr (binary)
            detail::write_range(value, out);
        else
            detail::write_range_text(value, out);
    }
    static void encode_text(range<T> const& value, std::string& out)
        requires detail::text_encodable<T>
    {
        detail::write_range_text(value, out);
    }
    static bool accepts(oid column)
        requires decodable<T>
    {
        auto const subtype = detail::part_of(detail::subtype_and_range, column);
        return subtype != oid::unspecified && codec<T>::accepts(subtype);
    }
    static range<T> decode(std::string_view bytes, oid column)
        requires decodable<T>
    {
        return detail::read_range<T>(bytes, detail::part_of(detail::subtype_and_range, column));
    }
};

} // namespace copg
