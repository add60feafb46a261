// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/row.hpp>

#include <boost/core/demangle.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace copg::detail {
namespace {

std::string name_of(std::type_info const& type) {
    return boost::core::demangle(type.name());
}

std::string quoted(std::string_view name) {
    return fmt::format("\"{}\"", name);
}

void append(std::string& list, std::string_view name) {
    list += list.empty() ? quoted(name) : ", " + quoted(name);
}

} // namespace

void throw_wrong_type(column const& column, std::string_view name, std::type_info const& wanted) {
    throw error{errc::type_mismatch,
                fmt::format("column {} \"{}\" is {}{}, which {} cannot hold",
                            column.index + 1,
                            name,
                            to_string(column.type),
                            column.binary ? "" : " in text format",
                            name_of(wanted))};
}

void throw_null(std::size_t column, std::string_view name, std::type_info const& wanted) {
    auto const type = name_of(wanted);
    throw error{errc::unexpected_null,
                fmt::format("column {} \"{}\" is NULL, which {} cannot hold; use "
                            "std::optional<{}>",
                            column + 1,
                            name,
                            type,
                            type)};
}

void throw_in_column(error const& reason, std::size_t column, std::string_view name) {
    throw error{reason.code(),
                fmt::format("column {} \"{}\": {}", column + 1, name, reason.what())};
}

void throw_wrong_width(result const& rows, std::size_t wanted, std::type_info const& type) {
    throw error{errc::type_mismatch,
                fmt::format("the statement returns {} columns, {} takes {}",
                            rows.columns(),
                            name_of(type),
                            wanted)};
}

void find_columns(result const& rows,
                  char const* const* names,
                  std::size_t count,
                  std::type_info const& type,
                  column* found) {
    std::string missing;
    std::string twice;
    std::string surplus;
    for (std::size_t member = 0; member < count; ++member) {
        std::size_t seen = 0;
        for (std::size_t index = 0; index < rows.columns(); ++index)
            if (rows.column_name(index) == names[member] && ++seen == 1)
                found[member] = column_at(rows, index);
        if (seen != 1)
            append(seen == 0 ? missing : twice, names[member]);
    }
    for (std::size_t index = 0; index < rows.columns(); ++index)
        if (std::find(names, names + count, rows.column_name(index)) == names + count)
            append(surplus, rows.column_name(index));
    if (missing.empty() && twice.empty() && surplus.empty())
        return;
    std::string reasons;
    for (auto const& [what, list] : {std::pair{"missing", missing},
                                     std::pair{"there more than once", twice},
                                     std::pair{"without a member", surplus}})
        if (!list.empty())
            reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : "; ", what, list);
    throw error{errc::type_mismatch,
                fmt::format("the columns do not fit {}: {}", name_of(type), reasons)};
}

} // namespace copg::detail
