// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/array_wire.hpp>
#include <copg/driver/types/related_oid.hpp>

#include <utility>
#include <vector>

namespace copg {

/// An array of any dimensions and lower bounds. T has a codec or is an optional of such a type.
template <class T>
struct array {
    std::vector<array_dimension> dimensions; ///< outermost first, at most six; none: empty
    std::vector<T> values;                   ///< the last dimension's index counts fastest

    array() = default;
    array(std::vector<array_dimension> shape, std::vector<T> elements)
        : dimensions{std::move(shape)}, values{std::move(elements)} {}

    friend bool operator==(array const&, array const&) = default;
};

namespace detail {

template <class T>
constexpr bool is_array = false;
template <class T>
constexpr bool is_array<std::vector<T>> = !std::same_as<T, std::byte>;
template <class T>
constexpr bool is_array<array<T>> = true;

/// PostgreSQL has no arrays of arrays: more dimensions are copg::array.
template <class T>
concept array_element = !is_array<value_of<T>> && !std::same_as<T, std::byte> &&
                        (encodable<value_of<T>> || decodable<value_of<T>>);

/// The built-in array type of a parameter's elements, or unspecified.
template <class T>
constexpr oid array_type = oid::unspecified;
template <class T>
    requires encodable<T> && (codec<T>::binary)
constexpr oid array_type<T> = whole_of(element_and_array, codec<T>::parameter_type);

/// Elements whose type is known travel in binary format; others as an array literal without a type,
/// which fits a column of any array type.
template <class T>
concept array_parameter = encodable<T> && (array_type<T> != oid::unspecified || text_encodable<T>);

/// What the codecs of vectors and arrays share; T is the element.
template <class T>
struct array_codec {
    using element = value_of<T>;
    static constexpr oid parameter_type = array_type<element>;
    static constexpr bool binary = parameter_type != oid::unspecified;

    static bool accepts(oid column)
        requires decodable<element>
    {
        auto const part = part_of(element_and_array, column);
        if (part == oid::unspecified)
            return is_user_defined(column); // its elements tell their type
        return codec<element>::accepts(part);
    }

protected:
    static void write(std::vector<T> const& values,
                      array_dimension const* first,
                      std::size_t rank,
                      std::string& out)
        requires array_parameter<element>
    {
        check_dimensions(first, rank, values.size());
        if constexpr (binary)
            write_binary(values, first, rank, out);
        else
            write_literal(values, first, rank, out);
    }

    static void write_literal(std::vector<T> const& values,
                              array_dimension const* first,
                              std::size_t rank,
                              std::string& out) {
        array_literal literal{first, rank, out};
        std::string text;
        for (auto const& value : values) {
            T const& typed = value; // std::vector<bool> has proxies
            if constexpr (is_nullable<T>)
                if (!typed) {
                    literal.add_null();
                    continue;
                }
            text.clear();
            if constexpr (is_nullable<T>)
                write_text(*typed, text);
            else
                write_text(typed, text);
            literal.add(text);
        }
        literal.finish();
    }

    static std::vector<T> read_values(byte_reader& in, array_header const& header) {
        check_inner<T>(header.element);
        std::vector<T> values;
        values.reserve(header.count);
        for (std::size_t i = 0; i < header.count; ++i)
            values.push_back(decode_inner<T>(in.take_value(), header.element));
        in.expect_end();
        return values;
    }

private:
    static void write_binary(std::vector<T> const& values,
                             array_dimension const* first,
                             std::size_t rank,
                             std::string& out) {
        put_array_header(first, rank, is_nullable<T>, codec<element>::parameter_type, out);
        for (auto const& value : values) {
            T const& typed = value;
            if constexpr (is_nullable<T>)
                if (!typed) {
                    put_null(out);
                    continue;
                }
            auto const start = begin_value(out);
            if constexpr (is_nullable<T>)
                codec<element>::encode(*typed, out);
            else
                codec<element>::encode(typed, out);
            end_value(start, out);
        }
    }
};

} // namespace detail

} // namespace copg
