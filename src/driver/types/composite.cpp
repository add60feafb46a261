// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/types/array_wire.hpp>
#include <copg/driver/types/composite.hpp>

#include <boost/core/demangle.hpp>

#include <fmt/format.h>

namespace copg::detail {

composite_reader::composite_reader(std::string_view bytes,
                                   oid type,
                                   std::size_t fields,
                                   std::type_info const& wanted)
    : in_{bytes} {
    constexpr std::size_t smallest_field = sizeof(oid) + sizeof(std::int32_t);
    auto const cut_off = in_.left() < sizeof(std::uint32_t);
    auto const count = cut_off ? 0 : in_.take<std::uint32_t>();
    if (cut_off || count > in_.left() / smallest_field) {
        if (is_user_defined(type))
            throw error{errc::type_mismatch, to_string(type) + " is not a composite type"};
        throw_malformed("a composite with fewer fields than it says");
    }
    if (count != fields)
        throw error{errc::type_mismatch,
                    fmt::format("{} has {} attributes, {} has {} members",
                                to_string(type),
                                count,
                                boost::core::demangle(wanted.name()),
                                fields)};
}

composite_reader::inner_field composite_reader::next() {
    auto const type = static_cast<oid>(in_.take<std::uint32_t>());
    return {type, in_.take_value()};
}

void append_composite_member(std::string_view text, std::string& out) {
    append_quoted(text, out);
}

} // namespace copg::detail
