// SPDX-License-Identifier: BSL-1.0
// Bytes that no server sends.
#include <copg/base/error.hpp>
#include <copg/driver/codec.hpp>

#include <boost/describe/class.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>

using copg::codec;
using copg::errc;
using copg::oid;

namespace {

struct point {
    std::int32_t x;
    std::optional<std::int32_t> y;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))

/// Big-endian integers of four bytes after each other.
template <class... Integers>
std::string words(Integers... values) {
    std::string bytes;
    (copg::detail::put(static_cast<std::uint32_t>(values), bytes), ...);
    return bytes;
}

template <class... Integers>
std::string halves(Integers... values) {
    std::string bytes;
    (copg::detail::put(static_cast<std::uint16_t>(values), bytes), ...);
    return bytes;
}

template <class T>
std::error_code end_of_decode(std::string_view bytes, oid type) {
    try {
        codec<T>::decode(bytes, type);
    } catch (copg::error const& e) {
        return e.code();
    }
    return {};
}

template <class T>
void expect_malformed(std::string_view bytes, oid type = codec<T>::parameter_type) {
    BOOST_TEST((end_of_decode<T>(bytes, type) == errc::protocol_error));
}

using ints = std::vector<std::int32_t>;

} // namespace

BOOST_AUTO_TEST_SUITE(test_malformed)

BOOST_AUTO_TEST_CASE(a_value_of_another_length_is_a_protocol_error_for_every_fixed_type) {
    for (auto const& bytes : {std::string{}, std::string(3, '\0'), std::string(17, '\0')}) {
        expect_malformed<bool>(bytes);
        expect_malformed<std::int16_t>(bytes);
        expect_malformed<std::int32_t>(bytes);
        expect_malformed<std::int64_t>(bytes);
        expect_malformed<float>(bytes);
        expect_malformed<double>(bytes);
        expect_malformed<boost::uuids::uuid>(bytes);
        expect_malformed<copg::date>(bytes);
        expect_malformed<copg::timestamp>(bytes);
        expect_malformed<std::chrono::sys_days>(bytes);
        expect_malformed<std::chrono::microseconds>(bytes);
        expect_malformed<copg::timetz>(bytes);
        expect_malformed<copg::interval>(bytes);
        expect_malformed<copg::inet>(bytes);
        expect_malformed<copg::numeric>(bytes);
    }
}

BOOST_AUTO_TEST_CASE(a_numeric_that_contradicts_itself_is_a_protocol_error) {
    using copg::numeric;
    BOOST_TEST(codec<numeric>::decode(halves(1, 0, 0, 0, 9999), oid::numeric).to_string() ==
               "9999");
    expect_malformed<numeric>(halves(1, 0, 0, 0, 10000)); // not a digit to the base of 10000
    expect_malformed<numeric>(halves(2, 0, 0, 0, 1));     // a digit too few
    expect_malformed<numeric>(halves(0, 0, 0x1234, 0));   // no such sign
    expect_malformed<numeric>(halves(0, 0, 0, 0x4000));   // too many digits after the point
    expect_malformed<numeric>(halves(1, -1, 0, 3, 1));    // 0.0001 that shows three of four
    expect_malformed<numeric>(halves(1, -9, 0, 0, 1));
    expect_malformed<numeric>(halves(1, 0, 0xC000, 0, 1)); // NaN with digits
}

BOOST_AUTO_TEST_CASE(an_array_cannot_claim_more_than_it_holds) {
    auto const int4 = static_cast<std::uint32_t>(oid::int4);
    BOOST_TEST((codec<ints>::decode(words(1, 0, int4, 1, 1, 4, 7), oid::int4_array) == ints{7}));
    expect_malformed<ints>(words(1, 0, int4, 0x7FFFFFFF, 1));
    expect_malformed<ints>(words(1, 0, int4, 2, 1, 4, 7));
    expect_malformed<ints>(words(1, 0, int4, -1, 1));
    expect_malformed<ints>(words(1, 0, int4, 0, 1));
    expect_malformed<ints>(words(7, 0, int4));
    expect_malformed<ints>(words(1, 9, int4, 1, 1, 4, 7));
    expect_malformed<ints>(words(1, 0, int4, 1, 1, 4, 7, 8)); // something after the end
    expect_malformed<ints>(words(1, 0, int4, 1, 1, -2, 7));   // a negative length
    expect_malformed<ints>(words(1, 0, int4, 1, 1, 99, 7));
    auto const many = words(6, 0, int4, 65536, 1, 65536, 1, 65536, 1, 65536, 1, 65536, 1, 65536, 1);
    expect_malformed<copg::array<std::int32_t>>(many);
}

BOOST_AUTO_TEST_CASE(an_element_of_another_type_is_a_type_mismatch) {
    auto const text = words(1, 0, static_cast<std::uint32_t>(oid::text), 1, 1, 4, 7);
    BOOST_TEST((end_of_decode<ints>(text, oid::int4_array) == errc::type_mismatch));
    auto const not_an_array = std::string{"a label of an enum"};
    BOOST_TEST((end_of_decode<ints>(not_an_array, oid{16400}) == errc::type_mismatch));
    BOOST_TEST((end_of_decode<point>(not_an_array, oid{16400}) == errc::type_mismatch));
}

BOOST_AUTO_TEST_CASE(a_composite_cannot_claim_more_than_it_holds) {
    auto const int4 = static_cast<std::uint32_t>(oid::int4);
    auto const whole = codec<point>::decode(words(2, int4, 4, 7, int4, -1), oid::record);
    BOOST_TEST(whole.x == 7);
    BOOST_TEST(!whole.y.has_value());
    expect_malformed<point>(words(0x7FFFFFFF), oid::record);
    expect_malformed<point>(words(2, int4, 4, 7, int4, 4), oid::record);
    expect_malformed<point>(words(2, int4, 4, 7, int4, -1, 0), oid::record);
    BOOST_TEST((end_of_decode<point>(words(1, int4, 4, 7), oid::record) == errc::type_mismatch));
    auto const null = words(2, int4, -1, int4, -1);
    BOOST_TEST((end_of_decode<point>(null, oid::record) == errc::unexpected_null));
}

BOOST_AUTO_TEST_CASE(a_range_that_contradicts_itself_is_a_protocol_error) {
    using range = copg::range<std::int32_t>;
    BOOST_TEST(codec<range>::decode("\x01", oid::int4range).is_empty());
    expect_malformed<range>("");
    expect_malformed<range>("\x03");               // empty with a bound
    expect_malformed<range>("\x0A");               // infinite and inclusive
    expect_malformed<range>("\x80");               // a flag that is never sent
    expect_malformed<range>("\x02" + words(4, 1)); // one bound of two
    expect_malformed<range>("\x18" + words(4, 1)); // a bound of two infinite ones
    using several = copg::multirange<std::int32_t>;
    expect_malformed<several>(words(0x7FFFFFFF));
    expect_malformed<several>(words(1, 1) + "\x01" + "x");
}

BOOST_AUTO_TEST_CASE(addresses_and_bits_that_contradict_themselves_are_protocol_errors) {
    using copg::bit_string;
    using copg::inet;
    BOOST_TEST(codec<inet>::decode({"\x02\x18\0\x04\x0A\0\0\x01", 8}, oid::inet).to_string() ==
               "10.0.0.1/24");
    expect_malformed<inet>({"\x02\x21\0\x04\x0A\0\0\x01", 8}); // 33 bits
    expect_malformed<inet>({"\x07\x18\0\x04\x0A\0\0\x01", 8}); // no such family
    expect_malformed<inet>({"\x03\x18\0\x04\x0A\0\0\x01", 8}); // too short for its family
    BOOST_TEST(codec<bit_string>::decode(words(3) + "\xA0", oid::varbit).to_string() == "101");
    expect_malformed<bit_string>(words(3) + "\xA1");
    expect_malformed<bit_string>(words(9) + "\xA0");
    expect_malformed<bit_string>(words(-1));
    expect_malformed<bit_string>(words(0x7FFFFFFF));
}

BOOST_AUTO_TEST_CASE(times_outside_the_day_are_protocol_errors) {
    expect_malformed<std::chrono::microseconds>(words(-1, -1));
    expect_malformed<std::chrono::microseconds>(words(1000, 0));
    expect_malformed<copg::timetz>(words(0, 0, 0x7FFFFFFF));
}

BOOST_AUTO_TEST_SUITE_END()
