// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/types/byte_reader.hpp>
#include <copg/driver/types/numeric.hpp>

namespace copg {
namespace {

constexpr int base = 10000;
constexpr int base_digits = 4;
constexpr int most_after_point = 16383; // NUMERIC_DSCALE_MAX

[[noreturn]] numeric malformed() {
    detail::throw_malformed("this is not a numeric");
}

} // namespace

void codec<numeric>::encode(numeric const& value, std::string& out) {
    detail::put(static_cast<std::uint16_t>(value.digits_.size()), out);
    detail::put(static_cast<std::uint16_t>(value.weight_), out);
    detail::put(static_cast<std::uint16_t>(value.sign_), out);
    detail::put(static_cast<std::uint16_t>(value.scale_), out);
    for (auto const group : value.digits_)
        detail::put(static_cast<std::uint16_t>(group), out);
}

numeric codec<numeric>::decode(std::string_view bytes, oid) {
    using sign = numeric::sign;
    detail::byte_reader in{bytes};
    std::size_t const count = in.take<std::uint16_t>();
    numeric value;
    value.weight_ = in.take_int16();
    value.sign_ = static_cast<sign>(in.take<std::uint16_t>());
    value.scale_ = in.take<std::uint16_t>();
    if (in.left() != count * sizeof(std::uint16_t))
        detail::throw_malformed("a numeric of another length than it says");
    if (value.is_nan() || value.is_infinite())
        return count == 0 ? numeric{value.sign_} : malformed();
    if ((value.sign_ != sign::positive && value.sign_ != sign::negative) ||
        value.scale_ > most_after_point)
        malformed();
    value.digits_.resize(count);
    for (auto& group : value.digits_) {
        auto const digits = in.take<std::uint16_t>();
        if (digits >= base)
            malformed();
        group = static_cast<std::int16_t>(digits);
    }
    value.normalize();
    // The last group may not hold more digits than the scale shows.
    auto const last = value.weight_ - static_cast<int>(value.digits_.size()) + 1;
    auto hidden = value.digits_.empty() ? 0 : -last * base_digits - value.scale_;
    if (hidden >= base_digits)
        malformed();
    for (int power = 10; hidden > 0; --hidden, power *= 10)
        if (value.digits_.back() % power != 0)
            malformed();
    return value;
}

} // namespace copg
