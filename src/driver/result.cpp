// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/result.hpp>

#include <libpq-fe.h>

#include <charconv>

namespace copg {

void result::deleter::operator()(pg_result* owned) const noexcept {
    PQclear(owned);
}

result::result() noexcept = default;

result::result(pg_result* owned) noexcept
    : handle_{owned},
      rows_{static_cast<std::size_t>(PQntuples(owned))},
      columns_{static_cast<std::size_t>(PQnfields(owned))} {}

std::string_view result::column_name(std::size_t column) const noexcept {
    return PQfname(handle_.get(), static_cast<int>(column));
}

oid result::column_type(std::size_t column) const noexcept {
    return static_cast<oid>(PQftype(handle_.get(), static_cast<int>(column)));
}

result result::of_description(pg_result* owned) noexcept {
    result description{owned};
    description.description_ = true;
    return description;
}

bool result::is_binary(std::size_t column) const noexcept {
    return description_ || PQfformat(handle_.get(), static_cast<int>(column)) == 1;
}

field result::at(std::size_t row, std::size_t column) const noexcept {
    auto const value = bytes(row, column);
    return {value, column_type(column), value.data() == nullptr, is_binary(column)};
}

std::string_view result::bytes(std::size_t row, std::size_t column) const noexcept {
    auto const r = static_cast<int>(row);
    auto const c = static_cast<int>(column);
    auto const length = static_cast<std::size_t>(PQgetlength(handle_.get(), r, c));
    if (length == 0 && PQgetisnull(handle_.get(), r, c) == 1)
        return {};
    return {PQgetvalue(handle_.get(), r, c), length};
}

std::string_view result::command_tag() const noexcept {
    return handle_ == nullptr ? "" : PQcmdStatus(handle_.get());
}

std::uint64_t result::rows_affected() const noexcept {
    if (handle_ == nullptr)
        return 0;
    std::string_view const digits = PQcmdTuples(handle_.get());
    std::uint64_t count = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
    return count;
}

} // namespace copg
