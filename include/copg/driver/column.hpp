// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/error.hpp>
#include <copg/driver/codec.hpp>

#include <cstddef>
#include <string_view>
#include <typeinfo>

namespace copg::detail {

/// A column whose type has been checked once, for all rows.
struct column {
    std::size_t index = 0;
    oid type{};
    bool binary = true;
};

[[noreturn]] COPG_API void
throw_wrong_type(column const& column, std::string_view name, std::type_info const& wanted);
[[noreturn]] COPG_API void
throw_null(std::size_t column, std::string_view name, std::type_info const& wanted);
/// The same error with the column's number and name in front.
[[noreturn]] COPG_API void
throw_in_column(error const& reason, std::size_t column, std::string_view name);

/// A column can be read as T, or as the T of an optional.
template <class T>
concept readable_column = decodable<value_of<T>>;

template <class T>
bool can_read(column const& column) {
    if constexpr (reads_text<value_of<T>>)
        if (!column.binary)
            return true;
    return column.binary && codec<value_of<T>>::accepts(column.type);
}

/// Checks that T can hold what a column has. Names has column_name(index), asked in case of need.
template <class T, class Names>
void check_column(column const& column, Names const& names) {
    static_assert(!std::is_enum_v<T> || readable_column<T>,
                  "describe this enum with BOOST_DESCRIBE_ENUM, or specialise copg::codec");
    static_assert(readable_column<T>, "specialise copg::codec for this column type");
    if (!can_read<T>(column))
        throw_wrong_type(column, names.column_name(column.index), typeid(value_of<T>));
}

/// A value of a checked column. Null data(): NULL.
template <class T, class Names>
T read_column(std::string_view bytes, column const& column, Names const& names) {
    using value = value_of<T>;
    if (bytes.data() == nullptr) {
        if constexpr (is_nullable<T>)
            return std::nullopt;
        else
            throw_null(column.index, names.column_name(column.index), typeid(T));
    }
    try {
        if constexpr (reads_text<value>)
            if (!column.binary)
                return codec<value>::decode_text(bytes, column.type);
        return codec<value>::decode(bytes, column.type);
    } catch (error const& reason) {
        throw_in_column(reason, column.index, names.column_name(column.index));
    }
}

} // namespace copg::detail
