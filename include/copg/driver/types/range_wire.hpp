// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/array_wire.hpp>
#include <copg/driver/types/range_value.hpp>
#include <copg/driver/types/related_oid.hpp>

#include <utility>

namespace copg::detail {

struct range_flags {
    bool empty = false;
    bool lower_inclusive = false;
    bool upper_inclusive = false;
    bool lower_infinite = false;
    bool upper_infinite = false;
};

COPG_API range_flags take_range_flags(byte_reader& in);
COPG_API void put_range_flags(range_flags flags, std::string& out);

template <class T>
constexpr oid range_type = oid::unspecified;
template <class T>
    requires encodable<T>
constexpr oid range_type<T> = whole_of(subtype_and_range, codec<T>::parameter_type);

/// Ranges of text-like values and of types that no built-in range has travel as a literal.
template <class T>
constexpr bool is_binary_range = range_type<T> != oid::unspecified;

template <class T>
void write_bound(range_bound<T> const& bound, std::string& out) {
    if (!bound.value)
        return;
    auto const start = begin_value(out);
    codec<T>::encode(*bound.value, out);
    end_value(start, out);
}

template <class T>
void write_range(range<T> const& value, std::string& out) {
    auto const& lower = value.lower();
    auto const& upper = value.upper();
    put_range_flags({value.is_empty(),
                     lower.inclusive,
                     upper.inclusive,
                     !value.is_empty() && !lower.value,
                     !value.is_empty() && !upper.value},
                    out);
    write_bound(lower, out);
    write_bound(upper, out);
}

template <class T>
void write_range_text(range<T> const& value, std::string& out) {
    auto const write = [&](range_bound<T> const& bound) {
        if (!bound.value)
            return;
        std::string text;
        write_text(*bound.value, text);
        append_quoted(text, out);
    };
    if (value.is_empty()) {
        out += "empty";
        return;
    }
    out += value.lower().inclusive ? '[' : '(';
    write(value.lower());
    out += ',';
    write(value.upper());
    out += value.upper().inclusive ? ']' : ')';
}

template <class T>
range<T> read_range(std::string_view bytes, oid subtype) {
    byte_reader in{bytes};
    auto const flags = take_range_flags(in);
    auto const read = [&](bool infinite, bool inclusive) {
        if (infinite)
            return range_bound<T>{};
        return range_bound<T>{decode_inner<T>(in.take_value(), subtype), inclusive};
    };
    range<T> value;
    if (!flags.empty) {
        auto lower = read(flags.lower_infinite, flags.lower_inclusive);
        value = {std::move(lower), read(flags.upper_infinite, flags.upper_inclusive)};
    }
    in.expect_end();
    return value;
}

} // namespace copg::detail
