// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/row.hpp>

#include <boost/core/demangle.hpp>

#include <fmt/format.h>

namespace copg::detail {

void throw_wrong_type(result const& rows, std::size_t column, std::type_info const& wanted) {
    throw error{errc::type_mismatch,
                fmt::format("column {} \"{}\" is {}, which {} cannot hold",
                            column + 1,
                            rows.column_name(column),
                            to_string(rows.column_type(column)),
                            boost::core::demangle(wanted.name()))};
}

void throw_null(result const& rows, std::size_t column, std::type_info const& wanted) {
    auto const type = boost::core::demangle(wanted.name());
    throw error{errc::unexpected_null,
                fmt::format("column {} \"{}\" is NULL, which {} cannot hold; use "
                            "std::optional<{}>",
                            column + 1,
                            rows.column_name(column),
                            type,
                            type)};
}

void throw_wrong_width(result const& rows, std::size_t wanted, std::type_info const& type) {
    throw error{errc::type_mismatch,
                fmt::format("the statement returns {} columns, {} takes {}",
                            rows.columns(),
                            boost::core::demangle(type.name()),
                            wanted)};
}

} // namespace copg::detail
