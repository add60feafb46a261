// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/types/scalar.hpp>
#include <copg/driver/types/text.hpp>

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace copg::detail {
namespace {

template <class T>
void write_shortest(T value, std::string& out) {
    if (std::isnan(value))
        out += "NaN";
    else if (std::isinf(value))
        out += value < 0 ? "-Infinity" : "Infinity";
    else
        fmt::format_to(std::back_inserter(out), "{}", value); // the shortest that reads back
}

} // namespace

void write_float(float value, std::string& out) {
    write_shortest(value, out);
}

void write_float(double value, std::string& out) {
    write_shortest(value, out);
}

void encode_text(std::string_view text, std::string& out) {
    if (text.find('\0') != std::string_view::npos)
        throw_out_of_range("a text parameter holds a NUL character");
    out += text;
}

bool is_text(oid column) noexcept {
    switch (column) {
    case oid::text:
    case oid::varchar:
    case oid::bpchar:
    case oid::name:
    case oid::char_:
    case oid::unknown:
    case oid::xml:
    case oid::json:
    case oid::jsonb:
        return true;
    default:
        return false;
    }
}

void throw_unknown_jsonb() {
    throw error{errc::protocol_error, "jsonb of an unknown version"};
}

} // namespace copg::detail
