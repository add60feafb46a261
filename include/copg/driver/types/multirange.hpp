// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/range.hpp>

#include <utility>
#include <vector>

namespace copg {

/// Ranges in the order of the server, which keeps them sorted, apart from each other and not empty.
template <class T>
struct multirange {
    std::vector<range<T>> ranges;

    multirange() = default;
    explicit multirange(std::vector<range<T>> parts) : ranges{std::move(parts)} {}

    friend bool operator==(multirange const&, multirange const&) = default;
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
