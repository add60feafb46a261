// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/array_wire.hpp>
#include <copg/driver/types/related_oid.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace copg {

/// One end of a range: a value that belongs to it or not, or no end at all.
template <class T>
struct range_bound {
    std::optional<T> value; ///< none: infinite
    bool inclusive = false;

    range_bound() = default;
    range_bound(std::optional<T> end, bool belongs)
        : value{std::move(end)}, inclusive{value.has_value() && belongs} {}

    friend bool operator==(range_bound const&, range_bound const&) = default;
};

/// A range of the server, with each end inclusive, exclusive or infinite; or empty. Ranges over
/// integers and dates come back from the server as `[a,b)`; == compares the parts.
template <class T>
class range {
public:
    using bound = range_bound<T>;

    range() = default; ///< the empty range
    range(bound lower, bound upper)
        : empty_{false}, lower_{std::move(lower)}, upper_{std::move(upper)} {}

    /// `[from,to)`
    static range half_open(T from, T to) {
        return {bound{std::move(from), true}, bound{std::move(to), false}};
    }
    /// `[from,to]`
    static range closed(T from, T to) {
        return {bound{std::move(from), true}, bound{std::move(to), true}};
    }
    /// `(,)`
    static range everything() { return {bound{}, bound{}}; }

    bool is_empty() const noexcept { return empty_; }
    bound const& lower() const noexcept { return lower_; }
    bound const& upper() const noexcept { return upper_; }

    friend bool operator==(range const&, range const&) = default;

private:
    bool empty_ = true;
    bound lower_;
    bound upper_;
};

/// Ranges in the order of the server, which keeps them sorted, apart from each other and not empty.
template <class T>
struct multirange {
    std::vector<range<T>> ranges;

    multirange() = default;
    explicit multirange(std::vector<range<T>> parts) : ranges{std::move(parts)} {}

    friend bool operator==(multirange const&, multirange const&) = default;
};

namespace detail {

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

} // namespace detail

/// The built-in range types. A range type of the user's does not tell what it is made of: read it
/// as text.
template <class T>
struct codec<range<T>> {
    static constexpr oid parameter_type = detail::range_type<T>;
    static constexpr bool binary = detail::is_binary_range<T>;

    static void encode(range<T> const& value, std::string& out)
        requires(binary || detail::text_encodable<T>)
    {
        if constexpr (binary)
            detail::write_range(value, out);
        else
            detail::write_range_text(value, out);
    }
    static void encode_text(range<T> const& value, std::string& out)
        requires detail::text_encodable<T>
    {
        detail::write_range_text(value, out);
    }
    static bool accepts(oid column)
        requires decodable<T>
    {
        auto const subtype = detail::part_of(detail::subtype_and_range, column);
        return subtype != oid::unspecified && codec<T>::accepts(subtype);
    }
    static range<T> decode(std::string_view bytes, oid column)
        requires decodable<T>
    {
        return detail::read_range<T>(bytes, detail::part_of(detail::subtype_and_range, column));
    }
};

/// The built-in multirange types, in the same way.
template <class T>
struct codec<multirange<T>> {
    static constexpr oid parameter_type =
        detail::whole_of(detail::range_and_multirange, codec<range<T>>::parameter_type);
    static constexpr bool binary = codec<range<T>>::binary;

    static void encode(multirange<T> const& value, std::string& out)
        requires encodable<range<T>>
    {
        if constexpr (!binary) {
            write_text(value, out);
        } else {
            detail::put(static_cast<std::uint32_t>(value.ranges.size()), out);
            for (auto const& part : value.ranges) {
                auto const start = detail::begin_value(out);
                detail::write_range(part, out);
                detail::end_value(start, out);
            }
        }
    }
    static void encode_text(multirange<T> const& value, std::string& out)
        requires detail::text_encodable<T>
    {
        write_text(value, out);
    }
    static bool accepts(oid column)
        requires decodable<T>
    {
        return codec<range<T>>::accepts(detail::part_of(detail::range_and_multirange, column));
    }
    static multirange<T> decode(std::string_view bytes, oid column)
        requires decodable<T>
    {
        auto const type = detail::part_of(detail::range_and_multirange, column);
        detail::byte_reader in{bytes};
        auto const count = in.take<std::uint32_t>();
        constexpr std::size_t smallest = sizeof(std::int32_t) + 1;
        if (count > in.left() / smallest)
            detail::throw_malformed("a multirange with fewer ranges than it says");
        multirange<T> value;
        value.ranges.reserve(count);
        for (std::uint32_t i = 0; i < count; ++i)
            value.ranges.push_back(detail::decode_inner<range<T>>(in.take_value(), type));
        in.expect_end();
        return value;
    }

private:
    static void write_text(multirange<T> const& value, std::string& out) {
        out += '{';
        for (auto const& part : value.ranges) {
            if (&part != value.ranges.data())
                out += ',';
            detail::write_range_text(part, out);
        }
        out += '}';
    }
};

} // namespace copg
