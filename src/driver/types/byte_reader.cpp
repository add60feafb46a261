// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/types/byte_reader.hpp>

#include <boost/core/demangle.hpp>

#include <fmt/format.h>

namespace copg::detail {

void throw_malformed(std::string_view what) {
    throw error{errc::protocol_error, fmt::format("malformed value: {}", what)};
}

void throw_wrong_length(std::size_t found, std::size_t due) {
    throw error{errc::protocol_error,
                fmt::format("malformed value: {} bytes where {} are due", found, due)};
}

void throw_out_of_range(std::string_view what) {
    throw error{errc::value_out_of_range, fmt::format("value out of range: {}", what)};
}

void throw_wrong_inner_type(oid found, std::type_info const& wanted) {
    throw error{errc::type_mismatch,
                fmt::format("a value inside is {}, which {} cannot hold",
                            to_string(found),
                            boost::core::demangle(wanted.name()))};
}

void throw_inner_null(std::type_info const& wanted) {
    auto const type = boost::core::demangle(wanted.name());
    throw error{errc::unexpected_null,
                fmt::format("a value inside is NULL, which {} cannot hold; use std::optional<{}>",
                            type,
                            type)};
}

} // namespace copg::detail
