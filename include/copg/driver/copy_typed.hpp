// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/copy.hpp>
#include <copg/driver/row.hpp>

#include <boost/pfr/core.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace copg {
namespace detail {

COPG_API std::string copy_in_sql(std::string_view table, std::string_view columns);
COPG_API std::string copy_columns_sql(std::string_view table, std::string_view columns);
COPG_API std::string copy_out_sql(std::string_view query);
[[noreturn]] COPG_API void
throw_wrong_copy_type(result const& columns, std::size_t column, std::type_info const& given);

/// Whether the bytes that T's codec writes are the binary format of a column of this type.
template <class T>
bool fits_copy_column(oid column) noexcept {
    using value = value_of<T>;
    auto const text = is_text(column) && column != oid::jsonb; // which begins with its version
    if constexpr (codec<value>::binary)
        return sends<value>(column);
    else
        return text || is_user_defined(column); // an enum's binary format is its label
}

/// Calls a function with each member of a tuple or an aggregate, in order.
template <class Row, class Function>
void for_each_member(Row const& row, Function function) {
    if constexpr (tuple_row<Row>)
        std::apply([&](auto const&... members) { (function(members), ...); }, row);
    else
        boost::pfr::for_each_field(row, function);
}

template <class Row>
constexpr std::size_t row_width() {
    if constexpr (tuple_row<Row>)
        return std::tuple_size_v<Row>;
    else
        return boost::pfr::tuple_size_v<Row>;
}

/// One row of a binary COPY, taken apart; stands for a result of one row.
class COPG_API copy_row {
public:
    enum class content { nothing, row, trailer };

    explicit copy_row(result const& columns) noexcept : columns_{&columns} {}

    /// @throws error errc::protocol_error
    void take_apart(std::string_view piece, bool has_header);
    content what() const noexcept { return state_; }
    std::string_view bytes(std::size_t, std::size_t column) const { return fields_[column]; }
    std::string_view column_name(std::size_t column) const noexcept {
        return columns_->column_name(column);
    }

private:
    result const* columns_;
    content state_ = content::nothing;
    std::vector<std::string_view> fields_;
};

} // namespace detail

/// A binary COPY into a table whose rows are tuples or aggregates: members in the order of the
/// columns, each of exactly the column's type. Otherwise as copy_writer.
template <class Row>
class typed_copy_writer {
public:
    /// @throws error errc::type_mismatch naming column and both types
    static asio::awaitable<typed_copy_writer> open(asio::awaitable<copy_writer> pending) {
        auto writer = co_await std::move(pending);
        check(writer.columns());
        co_return typed_copy_writer{std::move(writer)};
    }

    /// Adds one row; waits while the server is behind. @throws as copy_writer::write
    asio::awaitable<void> write(Row const& row) {
        add(row);
        if (writer_.is_full())
            co_await writer_.drain();
    }

    /// Adds all rows of a range, which must live until the call completes.
    template <class Range>
    asio::awaitable<void> write_all(Range const& rows) {
        for (auto const& row : rows) {
            add(row);
            if (writer_.is_full())
                co_await writer_.drain();
        }
    }

    /// Ends the COPY. @return the number of rows. @throws as copy_writer::finish
    asio::awaitable<std::uint64_t> finish() { return writer_.finish(); }

private:
    explicit typed_copy_writer(copy_writer writer) noexcept : writer_{std::move(writer)} {}

    static void check(result const& columns) {
        if (columns.columns() != detail::row_width<Row>())
            detail::throw_wrong_width(columns, detail::row_width<Row>(), typeid(Row));
        std::size_t column = 0;
        detail::for_each_member(Row{}, [&]<class T>(T const&) {
            if (!detail::fits_copy_column<T>(columns.column_type(column)))
                detail::throw_wrong_copy_type(columns, column, typeid(detail::value_of<T>));
            ++column;
        });
    }

    void add(Row const& row) {
        writer_.add_binary_row(detail::row_width<Row>(), [&row](std::string& buffer) {
            detail::for_each_member(
                row, [&buffer](auto const& value) { detail::add_binary_field(value, buffer); });
        });
    }

    copy_writer writer_;
};

/// A binary COPY of a query's rows as Ts: scalars, tuples, aggregates by position, described
/// structs by name, as read_row has it. Otherwise as copy_reader.
template <class T>
class typed_copy_reader {
public:
    /// @throws error errc::type_mismatch as read_row
    static asio::awaitable<typed_copy_reader> open(asio::awaitable<copy_reader> pending) {
        auto reader = co_await std::move(pending);
        co_return typed_copy_reader{std::move(reader)};
    }

    /// The next row; nothing at the end. @throws as copy_reader::read; as read_row
    asio::awaitable<std::optional<T>> next() {
        using content = detail::copy_row::content;
        for (auto more = true; more;) {
            while (auto const piece = reader_.take()) {
                row_.take_apart(*piece, !std::exchange(has_header_, true));
                if (row_.what() == content::row)
                    co_return detail::row_shape<T>::read(columns_, row_, 0);
            }
            more = co_await reader_.wait();
        }
        co_return std::nullopt;
    }

private:
    explicit typed_copy_reader(copy_reader reader)
        : reader_{std::move(reader)},
          columns_{detail::row_shape<T>::find(reader_.columns())},
          row_{reader_.columns()} {}

    copy_reader reader_; // keeps what columns() returns at its place
    typename detail::row_shape<T>::columns columns_;
    detail::copy_row row_;
    bool has_header_ = false;
};

} // namespace copg
