// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/codec.hpp>
#include <copg/driver/result.hpp>

#include <boost/pfr/core.hpp>

#include <optional>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace copg {
namespace detail {

[[noreturn]] COPG_API void
throw_wrong_type(result const& rows, std::size_t column, std::type_info const& wanted);
[[noreturn]] COPG_API void
throw_null(result const& rows, std::size_t column, std::type_info const& wanted);
[[noreturn]] COPG_API void
throw_wrong_width(result const& rows, std::size_t wanted, std::type_info const& type);

inline void check_width(result const& rows, std::size_t wanted, std::type_info const& type) {
    if (rows.columns() != wanted)
        throw_wrong_width(rows, wanted, type);
}

template <class T>
struct column_reader {
    static_assert(decodable<T>, "specialise copg::codec for this column type");

    static T read(result const& rows, std::size_t row, std::size_t column) {
        auto const value = rows.at(row, column);
        if (!codec<T>::accepts(value.type))
            throw_wrong_type(rows, column, typeid(T));
        if (value.null)
            throw_null(rows, column, typeid(T));
        return codec<T>::decode(value.bytes, value.type);
    }
};

template <class T>
struct column_reader<std::optional<T>> {
    static std::optional<T> read(result const& rows, std::size_t row, std::size_t column) {
        auto const value = rows.at(row, column);
        if (!codec<T>::accepts(value.type))
            throw_wrong_type(rows, column, typeid(T));
        if (value.null)
            return std::nullopt;
        return codec<T>::decode(value.bytes, value.type);
    }
};

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class T>
concept single_column = decodable<T> || is_optional<T>::value;

/// Reads whole rows: a scalar from one column, a tuple or an aggregate from as many as it has.
template <class T>
struct row_reader {
    static_assert(single_column<T> || std::is_aggregate_v<T>,
                  "a row is a type with a codec, an optional of one, a tuple or an aggregate");

    static T read(result const& rows, std::size_t row) {
        if constexpr (single_column<T>) {
            check_width(rows, 1, typeid(T));
            return column_reader<T>::read(rows, row, 0);
        } else {
            constexpr auto width = boost::pfr::tuple_size_v<T>;
            check_width(rows, width, typeid(T));
            return fields(rows, row, std::make_index_sequence<width>{});
        }
    }

private:
    template <std::size_t... Columns>
    static T fields(result const& rows, std::size_t row, std::index_sequence<Columns...>) {
        return T{
            column_reader<boost::pfr::tuple_element_t<Columns, T>>::read(rows, row, Columns)...};
    }
};

template <class... Ts>
struct row_reader<std::tuple<Ts...>> {
    static std::tuple<Ts...> read(result const& rows, std::size_t row) {
        check_width(rows, sizeof...(Ts), typeid(std::tuple<Ts...>));
        return columns(rows, row, std::index_sequence_for<Ts...>{});
    }

private:
    template <std::size_t... Columns>
    static std::tuple<Ts...>
    columns(result const& rows, std::size_t row, std::index_sequence<Columns...>) {
        return std::tuple<Ts...>{column_reader<Ts>::read(rows, row, Columns)...};
    }
};

} // namespace detail

/// One row as a T: a type with a codec (one column), an optional of one, a tuple, or an aggregate
/// whose members take the columns in order.
/// @pre row < rows.size()
/// @throws error errc::type_mismatch when the number or a type of the columns does not fit,
///         errc::unexpected_null, errc::value_out_of_range
template <class T>
T read_row(result const& rows, std::size_t row) {
    return detail::row_reader<T>::read(rows, row);
}

} // namespace copg
