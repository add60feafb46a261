// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/types/range.hpp>

namespace copg::detail {
namespace {

// RANGE_EMPTY … of src/include/utils/rangetypes.h
constexpr unsigned empty = 0x01;
constexpr unsigned lower_inclusive = 0x02;
constexpr unsigned upper_inclusive = 0x04;
constexpr unsigned lower_infinite = 0x08;
constexpr unsigned upper_infinite = 0x10;
constexpr unsigned all =
    empty | lower_inclusive | upper_inclusive | lower_infinite | upper_infinite;

} // namespace

range_flags take_range_flags(byte_reader& in) {
    unsigned const bits = in.take<std::uint8_t>();
    if ((bits & ~all) != 0 || ((bits & empty) != 0 && bits != empty) ||
        (bits & (lower_inclusive | lower_infinite)) == (lower_inclusive | lower_infinite) ||
        (bits & (upper_inclusive | upper_infinite)) == (upper_inclusive | upper_infinite))
        throw_malformed("this is not a range");
    range_flags flags;
    flags.empty = (bits & empty) != 0;
    flags.lower_inclusive = (bits & lower_inclusive) != 0;
    flags.upper_inclusive = (bits & upper_inclusive) != 0;
    flags.lower_infinite = (bits & lower_infinite) != 0;
    flags.upper_infinite = (bits & upper_infinite) != 0;
    return flags;
}

void put_range_flags(range_flags flags, std::string& out) {
    unsigned const bits =
        (flags.empty ? empty : 0) | (flags.lower_inclusive ? lower_inclusive : 0) |
        (flags.upper_inclusive ? upper_inclusive : 0) |
        (flags.lower_infinite ? lower_infinite : 0) | (flags.upper_infinite ? upper_infinite : 0);
    out += static_cast<char>(bits);
}

} // namespace copg::detail
