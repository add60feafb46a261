// SPDX-License-Identifier: BSL-1.0
#include <copg/base/error.hpp>
#include <copg/driver/codec.hpp>
#include <copg/driver/statement.hpp>

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

using copg::codec;
using copg::oid;

namespace {

template <class T>
std::string encoded(T const& value) {
    std::string bytes;
    codec<T>::encode(value, bytes);
    return bytes;
}

template <class T>
T round_trip(T const& value) {
    return codec<T>::decode(encoded(value), codec<T>::parameter_type);
}

auto const out_of_range = [](copg::error const& e) {
    return e.code() == copg::errc::value_out_of_range;
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_codec)

BOOST_AUTO_TEST_CASE(integers_travel_with_their_most_significant_byte_first) {
    BOOST_TEST(encoded(std::int32_t{0x01020304}) == "\x01\x02\x03\x04");
    BOOST_TEST(encoded(std::int16_t{-2}) == "\xff\xfe");
    for (auto const value : {std::numeric_limits<std::int64_t>::min(),
                             std::int64_t{-1},
                             std::int64_t{0},
                             std::numeric_limits<std::int64_t>::max()})
        BOOST_TEST(round_trip(value) == value);
    BOOST_TEST(round_trip(std::numeric_limits<std::int32_t>::min()) ==
               std::numeric_limits<std::int32_t>::min());
    BOOST_TEST(round_trip(std::numeric_limits<std::int16_t>::min()) ==
               std::numeric_limits<std::int16_t>::min());
}

BOOST_AUTO_TEST_CASE(integers_widen_and_never_narrow) {
    BOOST_TEST(codec<std::int64_t>::accepts(oid::int2));
    BOOST_TEST(codec<std::int64_t>::accepts(oid::int4));
    BOOST_TEST(codec<std::int64_t>::decode("\xff\xff", oid::int2) == -1);
    BOOST_TEST(!codec<std::int32_t>::accepts(oid::int8));
    BOOST_TEST(!codec<std::int16_t>::accepts(oid::int4));
    BOOST_TEST(!codec<float>::accepts(oid::float8));
    BOOST_TEST(codec<double>::accepts(oid::float4));
    BOOST_TEST(!codec<std::int32_t>::accepts(oid::text));
    BOOST_TEST(!codec<std::string>::accepts(oid::int4));
}

BOOST_AUTO_TEST_CASE(floats_keep_every_bit) {
    for (auto const value : {0.0,
                             -0.0,
                             1.5,
                             std::numeric_limits<double>::infinity(),
                             std::numeric_limits<double>::denorm_min()})
        BOOST_TEST(std::signbit(round_trip(value)) == std::signbit(value));
    BOOST_TEST(std::isnan(round_trip(std::nan(""))));
    BOOST_TEST(round_trip(0.1f) == 0.1f);
}

BOOST_AUTO_TEST_CASE(a_value_of_the_wrong_length_is_a_protocol_error) {
    auto const wrong = [](copg::error const& e) { return e.code() == copg::errc::protocol_error; };
    BOOST_CHECK_EXCEPTION(codec<std::int32_t>::decode("abc", oid::int4), copg::error, wrong);
    BOOST_CHECK_EXCEPTION(codec<bool>::decode("", oid::boolean), copg::error, wrong);
    BOOST_CHECK_EXCEPTION(codec<boost::uuids::uuid>::decode("x", oid::uuid), copg::error, wrong);
}

BOOST_AUTO_TEST_CASE(dates_and_times_count_from_the_year_2000) {
    using namespace std::chrono;
    BOOST_TEST(encoded(sys_days{year{2000} / 1 / 2}) == std::string("\0\0\0\1", 4));
    sys_days const old{year{-4713} / 11 / 24};
    BOOST_TEST((round_trip(old) == old));
    sys_time<microseconds> const moment{sys_days{year{1969} / 7 / 20} + 20h + 17min + 1us};
    BOOST_TEST((round_trip(moment) == moment));
}

BOOST_AUTO_TEST_CASE(infinite_times_are_out_of_range) {
    using time = std::chrono::sys_time<std::chrono::microseconds>;
    auto const infinity = encoded(std::numeric_limits<std::int64_t>::max());
    BOOST_CHECK_EXCEPTION(
        codec<time>::decode(infinity, oid::timestamptz), copg::error, out_of_range);
    auto const forever = encoded(std::numeric_limits<std::int32_t>::max());
    BOOST_CHECK_EXCEPTION(
        codec<std::chrono::sys_days>::decode(forever, oid::date), copg::error, out_of_range);
    BOOST_CHECK_EXCEPTION(encoded(time::min()), copg::error, out_of_range);
}

BOOST_AUTO_TEST_CASE(jsonb_reads_as_text_without_its_version) {
    BOOST_TEST(codec<std::string>::decode("\x01{}", oid::jsonb) == "{}");
    BOOST_CHECK_THROW(codec<std::string>::decode("\x02{}", oid::jsonb), copg::error);
}

BOOST_AUTO_TEST_CASE(a_statement_keeps_values_nulls_and_types) {
    std::optional<int> const none;
    copg::statement const statement{"select $1, $2, $3, $4", 7, "text", none, std::nullopt};
    BOOST_TEST_REQUIRE(statement.parameter_count() == 4);
    BOOST_TEST((statement.type(0) == oid::int4));
    BOOST_TEST(statement.is_binary(0));
    BOOST_TEST(statement.length(0) == 4);
    BOOST_TEST((statement.type(1) == oid::unspecified));
    BOOST_TEST(!statement.is_binary(1));
    BOOST_TEST(std::string{statement.value(1)} == "text");
    BOOST_TEST((statement.type(2) == oid::int4));
    BOOST_TEST(statement.value(2) == nullptr);
    BOOST_TEST(statement.value(3) == nullptr);
}

BOOST_AUTO_TEST_CASE(nul_in_a_text_parameter_or_in_the_sql_is_refused) {
    std::string const nul{"a\0b", 3};
    BOOST_CHECK_EXCEPTION((copg::statement{"select $1", nul}), copg::error, out_of_range);
    BOOST_CHECK_EXCEPTION((copg::statement{nul}), copg::error, out_of_range);
}

BOOST_AUTO_TEST_SUITE_END()
