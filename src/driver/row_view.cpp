// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/row.hpp>
#include <copg/driver/row_view.hpp>

#include <fmt/format.h>

namespace copg {
namespace detail {

void throw_no_column(std::string_view name) {
    throw error{errc::type_mismatch, fmt::format("the row has no column \"{}\"", name)};
}

void throw_no_column(std::size_t index, std::size_t count) {
    throw error{errc::type_mismatch,
                fmt::format("the row has {} columns, none of index {}", count, index)};
}

void throw_ambiguous_column(std::string_view name) {
    throw error{errc::type_mismatch,
                fmt::format("several columns are called \"{}\": read them by index", name)};
}

} // namespace detail

row_map::headers row_map::headers_of(result const& rows) {
    auto made = std::make_shared<std::vector<header>>();
    made->reserve(rows.columns());
    for (std::size_t index = 0; index < rows.columns(); ++index)
        made->push_back(
            {std::string{rows.column_name(index)}, rows.column_type(index), rows.is_binary(index)});
    return made;
}

row_map::row_map(result const& rows, std::size_t row) : row_map{rows, row, headers_of(rows)} {}

row_map::row_map(result const& rows, std::size_t row, headers shared)
    : headers_{std::move(shared)} {
    ends_.reserve(rows.columns());
    for (std::size_t index = 0; index < rows.columns(); ++index) {
        auto const bytes = rows.bytes(row, index);
        bytes_ += bytes;
        ends_.emplace_back(bytes_.size(), bytes.data() == nullptr);
    }
}

std::string_view row_map::column_name(std::size_t index) const noexcept {
    return (*headers_)[index].name;
}

field row_map::at(std::size_t index) const noexcept {
    auto const start = index == 0 ? 0 : ends_[index - 1].first;
    auto const& [end, null] = ends_[index];
    auto const& [name, type, binary] = (*headers_)[index];
    return {std::string_view{bytes_}.substr(start, end - start), type, null, binary};
}

row_decoder<row_map>::row_decoder(result const& rows)
    : rows_{rows}, headers_{row_map::headers_of(rows)} {}

} // namespace copg
