// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/column.hpp>
#include <copg/driver/result.hpp>

#include <boost/pfr/core.hpp>

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>

namespace copg::detail {

[[noreturn]] COPG_API void
throw_wrong_width(result const& rows, std::size_t wanted, std::type_info const& type);
/// Finds the one column of each name. @throws error errc::type_mismatch naming what is missing,
/// there twice, or there without being asked for
COPG_API void find_columns(result const& rows,
                           char const* const* names,
                           std::size_t count,
                           std::type_info const& type,
                           column* found);

inline column column_at(result const& rows, std::size_t index) {
    return {index, rows.column_type(index), rows.is_binary(index)};
}

/// The struct of a row that is read by column names.
template <class T>
concept named_row = requires { codec<T>::is_composite; };

template <class T>
concept tuple_row = requires {
    []<class... Ts>(std::type_identity<std::tuple<Ts...>>) {}(std::type_identity<T>{});
};

template <class T>
concept single_column = !named_row<T> && !tuple_row<T> && readable_column<T>;

/// Columns of types Ts, in the order in which they are read.
template <class... Ts>
class column_list {
public:
    static constexpr std::size_t size = sizeof...(Ts);

    /// The first columns, which must be all.
    column_list(result const& rows, std::type_info const& row_type) {
        if (rows.columns() != size)
            throw_wrong_width(rows, size, row_type);
        for (std::size_t i = 0; i < size; ++i)
            columns_[i] = column_at(rows, i);
        check(rows, std::index_sequence_for<Ts...>{});
    }

    column_list(result const& rows,
                std::type_info const& row_type,
                std::array<char const*, size> const& names) {
        find_columns(rows, names.data(), size, row_type, columns_.data());
        check(rows, std::index_sequence_for<Ts...>{});
    }

    template <std::size_t I, class Rows>
    auto read(Rows const& rows, std::size_t row) const {
        auto const& column = columns_[I];
        return read_column<std::tuple_element_t<I, std::tuple<Ts...>>>(
            rows.bytes(row, column.index), column, rows);
    }

private:
    template <std::size_t... I>
    void check([[maybe_unused]] result const& rows, std::index_sequence<I...>) const {
        (check_column<Ts>(columns_[I], rows), ...);
    }

    std::array<column, size> columns_;
};

/// Which columns a T is made of, and how. Rows are a result, or anything with its bytes() and
/// column_name().
template <class T>
struct row_shape {
    static_assert(!std::is_enum_v<T>,
                  "describe this enum with BOOST_DESCRIBE_ENUM, or specialise copg::codec");
    static_assert(std::is_aggregate_v<T>,
                  "a row is a type with a codec, an optional of one, a tuple, an aggregate or a "
                  "described struct");

    template <std::size_t... I>
    static auto list(std::index_sequence<I...>)
        -> column_list<boost::pfr::tuple_element_t<I, T>...>;

    using indices = std::make_index_sequence<boost::pfr::tuple_size_v<T>>;
    using columns = decltype(list(indices{}));

    static columns find(result const& rows) { return {rows, typeid(T)}; }
    template <class Rows>
    static T read(columns const& from, Rows const& rows, std::size_t row) {
        return make(from, rows, row, indices{});
    }

private:
    template <class Rows, std::size_t... I>
    static T
    make(columns const& from, Rows const& rows, std::size_t row, std::index_sequence<I...>) {
        return T{from.template read<I>(rows, row)...};
    }
};

template <single_column T>
struct row_shape<T> {
    using columns = column_list<T>;
    static columns find(result const& rows) { return {rows, typeid(T)}; }
    template <class Rows>
    static T read(columns const& from, Rows const& rows, std::size_t row) {
        return from.template read<0>(rows, row);
    }
};

template <class... Ts>
struct row_shape<std::tuple<Ts...>> {
    using columns = column_list<Ts...>;
    static columns find(result const& rows) { return {rows, typeid(std::tuple<Ts...>)}; }
    template <class Rows>
    static std::tuple<Ts...> read(columns const& from, Rows const& rows, std::size_t row) {
        return make(from, rows, row, std::index_sequence_for<Ts...>{});
    }

private:
    template <class Rows, std::size_t... I>
    static std::tuple<Ts...>
    make(columns const& from, Rows const& rows, std::size_t row, std::index_sequence<I...>) {
        return std::tuple<Ts...>{from.template read<I>(rows, row)...};
    }
};

template <named_row T>
struct row_shape<T> {
    template <class... Described>
    static auto list(boost::mp11::mp_list<Described...>)
        -> column_list<member_type<T, Described>...>;

    using members = boost::mp11::mp_rename<members_of<T>, boost::mp11::mp_list>;
    using columns = decltype(list(members{}));

    static columns find(result const& rows) {
        std::array<char const*, columns::size> names{};
        auto* next = names.data();
        boost::mp11::mp_for_each<members>([&](auto described) { *next++ = described.name; });
        return {rows, typeid(T), names};
    }
    template <class Rows>
    static T read(columns const& from, Rows const& rows, std::size_t row) {
        T value{};
        fill(value, from, rows, row, std::make_index_sequence<columns::size>{});
        return value;
    }

private:
    template <class Rows, std::size_t... I>
    static void fill(T& value,
                     columns const& from,
                     Rows const& rows,
                     std::size_t row,
                     std::index_sequence<I...>) {
        ((value.*boost::mp11::mp_at_c<members, I>::pointer = from.template read<I>(rows, row)),
         ...);
    }
};

} // namespace copg::detail
