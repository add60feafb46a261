// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/oid.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

namespace copg {

/// How a C++ type travels, specialised for each type that can be a parameter or a column. A
/// specialisation has, for parameters,
///
///     static constexpr oid parameter_type;     // unspecified: the server infers it
///     static constexpr bool binary;            // the format that encode writes
///     static void encode(T const&, std::string& out);        // appends
///
/// for columns
///
///     static bool accepts(oid column);
///     static T decode(std::string_view bytes, oid column);   // binary format, accepted columns
///
/// and, where it makes sense,
///
///     static void encode_text(T const&, std::string& out);   // text format, when binary is true:
///                                                            // for members of composites
///     static T decode_text(std::string_view text, oid column); // reads columns in text format
///     static oid type_of(T const&);                          // known only at run time
///     static bool sends(oid type);                           // other types that take these bytes
///
/// The functions throw error errc::value_out_of_range for what the other side cannot hold and
/// errc::protocol_error for bytes that no server sends. Lossless widening (smallint into int64_t,
/// real into double) is accepted, nothing else is converted. The formats are those of the server's
/// send and receive functions (src/backend/utils/adt).
template <class T>
struct codec;

/// Has a codec that can be a parameter.
template <class T>
concept encodable = requires(T const& value, std::string& out) { codec<T>::encode(value, out); };

/// Has a codec that can be a column.
template <class T>
concept decodable = requires(std::string_view bytes, oid column) {
    { codec<T>::accepts(column) } -> std::convertible_to<bool>;
    { codec<T>::decode(bytes, column) } -> std::same_as<T>;
};

namespace detail {

/// Can be written in text format.
template <class T>
concept text_encodable =
    encodable<T> && (!codec<T>::binary || requires(T const& value, std::string& out) {
        codec<T>::encode_text(value, out);
    });

/// Reads columns in text format too.
template <class T>
concept reads_text =
    requires(std::string_view text, oid column) { codec<T>::decode_text(text, column); };

template <text_encodable T>
void write_text(T const& value, std::string& out) {
    if constexpr (codec<T>::binary)
        codec<T>::encode_text(value, out);
    else
        codec<T>::encode(value, out);
}

template <encodable T>
oid type_of(T const& value) {
    if constexpr (requires { codec<T>::type_of(value); })
        return codec<T>::type_of(value);
    else
        return codec<T>::parameter_type;
}

template <class T>
struct nullable {
    using value = T;
    static constexpr bool is = false;
};

template <class T>
struct nullable<std::optional<T>> {
    using value = T;
    static constexpr bool is = true;
};

/// T without the std::optional around it.
template <class T>
using value_of = typename nullable<T>::value;

template <class T>
constexpr bool is_nullable = nullable<T>::is;

} // namespace detail
} // namespace copg
