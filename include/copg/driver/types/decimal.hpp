// SPDX-License-Identifier: BSL-1.0
#pragma once

/// numeric as boost::multiprecision::cpp_dec_float; not part of copg.hpp.
#include <copg/driver/types/byte_reader.hpp>
#include <copg/driver/types/numeric.hpp>

#include <boost/multiprecision/cpp_dec_float.hpp>

namespace copg {

/// numeric, exactly: a value with more digits than the number keeps is errc::value_out_of_range and
/// never rounded. Digits after the point that are zero are not kept; copg::numeric keeps them.
template <unsigned Digits,
          class Exponent,
          class Allocator,
          boost::multiprecision::expression_template_option Templates>
struct codec<
    boost::multiprecision::number<boost::multiprecision::cpp_dec_float<Digits, Exponent, Allocator>,
                                  Templates>> {
    using number = boost::multiprecision::
        number<boost::multiprecision::cpp_dec_float<Digits, Exponent, Allocator>, Templates>;

    static constexpr oid parameter_type = oid::numeric;
    static constexpr bool binary = true;
    static void encode(number const& value, std::string& out) {
        codec<numeric>::encode(to_numeric(value), out);
    }
    static void encode_text(number const& value, std::string& out) {
        out += to_numeric(value).to_string();
    }
    static bool accepts(oid column) noexcept { return column == oid::numeric; }
    static number decode(std::string_view bytes, oid column) {
        auto const exact = codec<numeric>::decode(bytes, column);
        if (exact.is_nan())
            return std::numeric_limits<number>::quiet_NaN();
        if (exact.is_infinite())
            return exact < numeric{} ? number{-std::numeric_limits<number>::infinity()}
                                     : std::numeric_limits<number>::infinity();
        number const value{exact.to_string()};
        if (!(boost::multiprecision::isfinite)(value) || to_numeric(value) != exact)
            detail::throw_out_of_range("a numeric with more digits than the C++ number keeps");
        return value;
    }

private:
    static numeric to_numeric(number const& value) {
        if ((boost::multiprecision::isnan)(value))
            return numeric::nan();
        if ((boost::multiprecision::isinf)(value))
            return value < 0 ? numeric::minus_infinity() : numeric::infinity();
        auto text = value.str(0, std::ios_base::scientific); // every digit that it holds
        auto const exponent = text.find('e');
        auto const last = text.find_last_not_of('0', exponent - 1);
        if (exponent != std::string::npos && text.find('.') < exponent)
            text.erase(last + 1, exponent - last - 1);
        return numeric{text};
    }
};

} // namespace copg
