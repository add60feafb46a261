// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/array_codec.hpp>

namespace copg {

/// One-dimensional arrays; the lower bound is not kept. More dimensions are errc::type_mismatch.
template <detail::array_element T>
struct codec<std::vector<T>> : detail::array_codec<T> {
    static void encode(std::vector<T> const& values, std::string& out)
        requires detail::array_parameter<detail::value_of<T>>
    {
        auto const line = detail::one_dimension(values.size());
        detail::array_codec<T>::write(values, &line, values.empty() ? 0 : 1, out);
    }

    static void encode_text(std::vector<T> const& values, std::string& out)
        requires detail::text_encodable<detail::value_of<T>>
    {
        auto const line = detail::one_dimension(values.size());
        detail::array_codec<T>::write_literal(values, &line, values.empty() ? 0 : 1, out);
    }

    static std::vector<T> decode(std::string_view bytes, oid column)
        requires decodable<detail::value_of<T>>
    {
        detail::byte_reader in{bytes};
        auto const header = detail::take_array_header(in, column);
        if (header.rank > 1)
            detail::throw_several_dimensions(header.rank);
        return detail::array_codec<T>::read_values(in, header);
    }
};

/// Arrays of any shape. Dimensions that do not fit the number of values, or are more than six, are
/// errc::value_out_of_range.
template <detail::array_element T>
struct codec<array<T>> : detail::array_codec<T> {
    static void encode(array<T> const& value, std::string& out)
        requires detail::array_parameter<detail::value_of<T>>
    {
        auto const& shape = value.dimensions;
        detail::array_codec<T>::write(value.values, shape.data(), shape.size(), out);
    }

    static void encode_text(array<T> const& value, std::string& out)
        requires detail::text_encodable<detail::value_of<T>>
    {
        auto const& shape = value.dimensions;
        detail::check_dimensions(shape.data(), shape.size(), value.values.size());
        detail::array_codec<T>::write_literal(value.values, shape.data(), shape.size(), out);
    }

    static array<T> decode(std::string_view bytes, oid column)
        requires decodable<detail::value_of<T>>
    {
        detail::byte_reader in{bytes};
        auto const header = detail::take_array_header(in, column);
        array<T> value;
        value.dimensions.assign(header.dimensions.begin(), header.dimensions.begin() + header.rank);
        value.values = detail::array_codec<T>::read_values(in, header);
        return value;
    }
};

} // namespace copg
