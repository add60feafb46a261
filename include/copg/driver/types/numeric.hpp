// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/types/trait.hpp>

#include <compare>
#include <cstdint>
#include <vector>

namespace copg {

/// An exact decimal number as the server's numeric holds it: up to 131072 digits before and 16383
/// after the point, NaN and both infinities. The number of digits shown after the point is kept:
/// 1.50 stays 1.50 and equals 1.5. As in SQL, NaN equals itself and is greater than all others.
class COPG_API numeric {
public:
    numeric() = default; ///< 0
    /// @param text  decimal digits with an optional sign, point and exponent (`-1.50`, `1e-7`), or
    ///              `NaN`, `Infinity`, `-Infinity` in any case; no blanks
    /// @throws error errc::value_out_of_range when it is none of these or has too many digits
    explicit numeric(std::string_view text);
    explicit numeric(std::int64_t value);

    static numeric nan() { return numeric{sign::nan}; }
    static numeric infinity() { return numeric{sign::infinity}; }
    static numeric minus_infinity() { return numeric{sign::minus_infinity}; }

    bool is_nan() const noexcept { return sign_ == sign::nan; }
    bool is_infinite() const noexcept {
        return sign_ == sign::infinity || sign_ == sign::minus_infinity;
    }
    /// How many digits stand after the point.
    int scale() const noexcept { return scale_; }

    /// As the server writes it, without an exponent.
    std::string to_string() const;

    friend bool operator==(numeric const& a, numeric const& b) noexcept { return (a <=> b) == 0; }
    friend COPG_API std::weak_ordering operator<=>(numeric const& a, numeric const& b) noexcept;

private:
    friend struct codec<numeric>;

    enum class sign : std::uint16_t { // NUMERIC_POS … of src/backend/utils/adt/numeric.c
        positive = 0,
        negative = 0x4000,
        nan = 0xC000,
        infinity = 0xD000,
        minus_infinity = 0xF000,
    };

    explicit numeric(sign special) : sign_{special} {}

    bool read_special(std::string_view text);
    void set_digits(std::string_view digits, std::int64_t point);
    void normalize();
    std::weak_ordering compare_magnitude(numeric const& other) const noexcept;

    sign sign_ = sign::positive;
    int weight_ = 0; // digits_[0] counts 10000^weight_
    int scale_ = 0;
    std::vector<std::int16_t> digits_; // to the base of 10000, no zeros at either end
};

/// numeric.
template <>
struct COPG_API codec<numeric> {
    static constexpr oid parameter_type = oid::numeric;
    static constexpr bool binary = true;
    static void encode(numeric const& value, std::string& out);
    static void encode_text(numeric const& value, std::string& out) { out += value.to_string(); }
    static bool accepts(oid column) noexcept { return column == oid::numeric; }
    static numeric decode(std::string_view bytes, oid);
};

} // namespace copg
