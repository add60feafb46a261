// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/column.hpp>
#include <copg/driver/result.hpp>
#include <copg/driver/row.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace copg {
namespace detail {

[[noreturn]] COPG_API void throw_no_column(std::string_view name);
[[noreturn]] COPG_API void throw_no_column(std::size_t index, std::size_t count);
[[noreturn]] COPG_API void throw_ambiguous_column(std::string_view name);

} // namespace detail

/// Reading one row's columns by index or by name, for row_view and row_map. A name that several
/// columns have is an error; their indices work.
template <class Self>
class row_access {
public:
    /// The value of a column: any type with a codec, or an optional of one.
    /// @throws error errc::type_mismatch (no such column, an ambiguous name, a type that does not
    ///         fit), errc::unexpected_null, errc::value_out_of_range, errc::protocol_error
    template <class T>
    T get(std::size_t index) const {
        check(index);
        auto const value = self().at(index);
        detail::column const column{index, value.type, value.binary};
        detail::check_column<T>(column, self());
        return detail::read_column<T>(
            value.null ? std::string_view{} : value.bytes, column, self());
    }

    template <class T>
    T get(std::string_view name) const {
        return get<T>(index_of(name));
    }

    bool is_null(std::size_t index) const {
        check(index);
        return self().at(index).null;
    }
    bool is_null(std::string_view name) const { return is_null(index_of(name)); }

    /// @throws error errc::type_mismatch when no column or several have that name
    std::size_t index_of(std::string_view name) const {
        auto const count = self().size();
        auto found = count;
        for (std::size_t index = 0; index < count; ++index) {
            if (self().column_name(index) != name)
                continue;
            if (found != count)
                detail::throw_ambiguous_column(name);
            found = index;
        }
        if (found == count)
            detail::throw_no_column(name);
        return found;
    }

private:
    Self const& self() const noexcept { return static_cast<Self const&>(*this); }
    void check(std::size_t index) const {
        if (index >= self().size())
            detail::throw_no_column(index, self().size());
    }
};

/// One row of a result. Lifetime: a view; it must not outlive its result.
class row_view : public row_access<row_view> {
public:
    /// @pre row < rows.size()
    row_view(result const& rows, std::size_t row) noexcept : rows_{&rows}, row_{row} {}

    std::size_t size() const noexcept { return rows_->columns(); }
    /// @pre index < size()
    std::string_view column_name(std::size_t index) const noexcept {
        return rows_->column_name(index);
    }
    /// @pre index < size()
    field at(std::size_t index) const noexcept { return rows_->at(row_, index); }

private:
    result const* rows_;
    std::size_t row_;
};

/// One row with the names of its columns, in memory of its own: as a row type (`fetch<row_map>`) it
/// takes any columns. Thread safety: distinct objects are safe.
class COPG_API row_map : public row_access<row_map> {
public:
    row_map() = default; ///< no columns
    /// Copies a row.
    /// @pre row < rows.size()
    row_map(result const& rows, std::size_t row);

    std::size_t size() const noexcept { return ends_.size(); }
    /// @pre index < size()
    std::string_view column_name(std::size_t index) const noexcept;
    /// The view is good for as long as this row.
    /// @pre index < size()
    field at(std::size_t index) const noexcept;

private:
    friend class row_decoder<row_map>;

    struct header {
        std::string name;
        oid type;
        bool binary;
    };
    using headers = std::shared_ptr<std::vector<header> const>;

    static headers headers_of(result const& rows);
    row_map(result const& rows, std::size_t row, headers shared);

    headers headers_;
    std::string bytes_;
    std::vector<std::pair<std::size_t, bool>> ends_; // where each value ends; whether it is NULL
};

/// Rows of any columns; they share their names.
template <>
class COPG_API row_decoder<row_map> {
public:
    explicit row_decoder(result const& rows);
    row_map operator()(std::size_t row) const { return (*this)(rows_, row); }
    row_map operator()(result const& rows, std::size_t row) const { return {rows, row, headers_}; }

private:
    result const& rows_;
    row_map::headers headers_;
};

namespace detail {

template <class Mapper>
decltype(auto) map_row(Mapper& mapper, result const& rows, std::size_t row) {
    if constexpr (std::invocable<Mapper&, row_view>)
        return std::invoke(mapper, row_view{rows, row});
    else
        return std::invoke(mapper, row_map{rows, row});
}

template <class Mapper>
using mapped = std::remove_cvref_t<decltype(map_row(
    std::declval<Mapper&>(), std::declval<result const&>(), 0))>;

} // namespace detail

/// A function that makes a value of a row: takes a row_view, or a row_map const&.
template <class T>
concept row_mapper = std::invocable<T&, row_view> || std::invocable<T&, row_map>;

/// What a mapper makes of a row.
template <row_mapper T>
using mapped = detail::mapped<T>;

} // namespace copg
