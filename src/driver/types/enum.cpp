// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/types/enum.hpp>

#include <boost/core/demangle.hpp>

#include <fmt/format.h>

namespace copg::detail {

void throw_unknown_label(std::string_view label, std::type_info const& type) {
    constexpr std::size_t longest = 63; // NAMEDATALEN - 1
    throw error{errc::value_out_of_range,
                fmt::format("value out of range: {} has no enumerator \"{}\"",
                            boost::core::demangle(type.name()),
                            label.substr(0, longest))};
}

void throw_unnamed_enumerator(std::int64_t value, std::type_info const& type) {
    throw error{errc::value_out_of_range,
                fmt::format("value out of range: {} has no enumerator of value {}",
                            boost::core::demangle(type.name()),
                            value)};
}

} // namespace copg::detail
