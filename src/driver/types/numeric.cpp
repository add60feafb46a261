// SPDX-License-Identifier: BSL-1.0
#include <copg/driver/types/byte_reader.hpp>
#include <copg/driver/types/numeric.hpp>

#include <algorithm>
#include <charconv>

namespace copg {
namespace {

constexpr int base = 10000;
constexpr int base_digits = 4;
constexpr int most_before_point = 131072; // NUMERIC_WEIGHT_MAX groups
constexpr int most_after_point = 16383;   // NUMERIC_DSCALE_MAX

[[noreturn]] void not_a_number() {
    detail::throw_out_of_range("this text is not a number");
}

constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b < 0 ? 1 : 0);
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

/// Takes the digits off the front of the text.
std::string_view take_digits(std::string_view& text) {
    auto const end = std::min(text.find_first_not_of("0123456789"), text.size());
    auto const digits = text.substr(0, end);
    text.remove_prefix(end);
    return digits;
}

std::int64_t take_exponent(std::string_view& text) {
    if (text.empty() || (text.front() != 'e' && text.front() != 'E'))
        return 0;
    text.remove_prefix(1);
    auto const negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    auto const digits = take_digits(text);
    std::int32_t value = 0;
    auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty())
        not_a_number();
    if (read.ec != std::errc{})
        detail::throw_out_of_range("the exponent of a number");
    return negative ? -std::int64_t{value} : value;
}

void append_group(std::int16_t group, std::string& out) {
    for (int power = base / 10; power > 0; power /= 10)
        out += static_cast<char>('0' + group / power % 10);
}

} // namespace

numeric::numeric(std::int64_t value) {
    auto const bits = static_cast<std::uint64_t>(value);
    auto const text = std::to_string(value < 0 ? 0 - bits : bits);
    if (value < 0)
        sign_ = sign::negative;
    set_digits(text, static_cast<std::int64_t>(text.size()));
}

numeric::numeric(std::string_view text) {
    if (text.starts_with('-'))
        sign_ = sign::negative;
    if (text.starts_with('-') || text.starts_with('+'))
        text.remove_prefix(1);
    if (read_special(text))
        return;
    std::string digits{take_digits(text)};
    auto point = static_cast<std::int64_t>(digits.size());
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        digits += take_digits(text);
    }
    if (digits.empty())
        not_a_number();
    point += take_exponent(text);
    if (!text.empty())
        not_a_number();
    auto const scale = std::max(std::int64_t{0}, static_cast<std::int64_t>(digits.size()) - point);
    if (scale > most_after_point)
        detail::throw_out_of_range("a number with more than 16383 digits after the point");
    scale_ = static_cast<int>(scale);
    set_digits(digits, point);
}

bool numeric::read_special(std::string_view text) {
    if (equals_ignoring_case(text, "nan"))
        sign_ = sign::nan;
    else if (equals_ignoring_case(text, "infinity") || equals_ignoring_case(text, "inf"))
        sign_ = sign_ == sign::negative ? sign::minus_infinity : sign::infinity;
    else
        return false;
    return true;
}

// `digits` with the point after the first `point` of them, which may lie outside.
void numeric::set_digits(std::string_view digits, std::int64_t point) {
    auto const zeros = std::min(digits.find_first_not_of('0'), digits.size());
    digits.remove_prefix(zeros);
    point -= static_cast<std::int64_t>(zeros);
    if (!digits.empty() && point > most_before_point)
        detail::throw_out_of_range("a number with more than 131072 digits before the point");
    auto const weight = floor_divide(point - 1, base_digits);
    weight_ = digits.empty() ? 0 : static_cast<int>(weight);
    auto missing = (weight + 1) * base_digits - point; // leading zeros of the first group
    for (std::size_t i = 0; i < digits.size();) {
        int group = 0;
        for (std::int64_t place = 0; place < base_digits; ++place) {
            auto const given = place >= missing && i < digits.size();
            group = group * 10 + (given ? digits[i++] - '0' : 0);
        }
        missing = 0;
        digits_.push_back(static_cast<std::int16_t>(group));
    }
    normalize();
}

void numeric::normalize() {
    while (!digits_.empty() && digits_.back() == 0)
        digits_.pop_back();
    auto const first =
        std::find_if(digits_.begin(), digits_.end(), [](auto group) { return group != 0; });
    weight_ -= static_cast<int>(first - digits_.begin());
    digits_.erase(digits_.begin(), first);
    if (digits_.empty()) {
        weight_ = 0;
        sign_ = sign::positive;
    }
}

std::string numeric::to_string() const {
    if (sign_ == sign::nan)
        return "NaN";
    if (is_infinite())
        return sign_ == sign::infinity ? "Infinity" : "-Infinity";
    auto const group_at = [&](int weight) -> std::int16_t {
        auto const index = weight_ - weight;
        return index < 0 || index >= static_cast<int>(digits_.size())
                   ? std::int16_t{0}
                   : digits_[static_cast<std::size_t>(index)];
    };
    std::string text;
    for (int weight = weight_; weight >= 0; --weight)
        append_group(group_at(weight), text);
    text.erase(0, std::min(text.find_first_not_of('0'), text.size()));
    if (text.empty())
        text = "0";
    if (scale_ > 0) {
        text += '.';
        auto const end = text.size() + static_cast<std::size_t>(scale_);
        for (int weight = -1; text.size() < end; --weight)
            append_group(group_at(weight), text);
        text.resize(end);
    }
    return sign_ == sign::negative ? '-' + text : text;
}

std::weak_ordering numeric::compare_magnitude(numeric const& other) const noexcept {
    if (digits_.empty() || other.digits_.empty())
        return !digits_.empty() <=> !other.digits_.empty();
    if (weight_ != other.weight_)
        return weight_ <=> other.weight_;
    return std::lexicographical_compare_three_way(
        digits_.begin(), digits_.end(), other.digits_.begin(), other.digits_.end());
}

std::weak_ordering operator<=>(numeric const& a, numeric const& b) noexcept {
    auto const rank = [](numeric const& value) {
        switch (value.sign_) {
        case numeric::sign::minus_infinity:
            return 0;
        case numeric::sign::negative:
            return 1;
        case numeric::sign::positive:
            return 2;
        case numeric::sign::infinity:
            return 3;
        case numeric::sign::nan:
            break;
        }
        return 4;
    };
    if (rank(a) != rank(b))
        return rank(a) <=> rank(b);
    return a.sign_ == numeric::sign::negative ? b.compare_magnitude(a) : a.compare_magnitude(b);
}

} // namespace copg
