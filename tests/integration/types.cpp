// SPDX-License-Identifier: BSL-1.0
// Each type of the server there and back, against the server's own text.
#include "support/types.hpp"

#include <copg/driver/types/decimal.hpp>
#include <copg/driver/types/json.hpp>

#include <boost/uuid/uuid_io.hpp>

#include <cmath>

using namespace copg::test;
using copg::connection;
using copg::errc;

namespace {

using decimal = boost::multiprecision::number<boost::multiprecision::cpp_dec_float<50>>;

} // namespace

BOOST_AUTO_TEST_SUITE(test_types)

COPG_COROUTINE_TEST(numbers_and_booleans_go_there_and_back_at_their_limits) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    co_await all_round_trips<bool>(c, "bool", "t|f");
    co_await all_round_trips<std::int16_t>(c, "int2", "-32768|0|32767");
    co_await all_round_trips<std::int32_t>(c, "int4", "-2147483648|-1|2147483647");
    co_await all_round_trips<std::int64_t>(
        c, "int8", "-9223372036854775808|-1|9223372036854775807");
    co_await all_round_trips<std::uint32_t>(c, "oid", "0|4294967295");
    co_await all_round_trips<float>(c, "float4", "-0|1e-45|3.4028235e38|Infinity|-Infinity|0.1");
    co_await all_round_trips<double>(
        c, "float8", "-0|5e-324|1.7976931348623157e308|Infinity|-Infinity|0.1|1e20");
    auto const nan = co_await c.fetch_one<double>("select 'NaN'::float8");
    BOOST_TEST(std::isnan(nan));
    auto const same =
        co_await c.fetch_one<bool>("select $1 = 'NaN' and $2 = 'NaN'", nan, std::nanf(""));
    BOOST_TEST(same);
}

COPG_COROUTINE_TEST(texts_bytes_uuids_and_bits_go_there_and_back) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    for (auto const* type : {"text", "varchar", "name", "xml", "json", "jsonb"}) {
        auto const literal = std::string_view{type}.starts_with("json") ? "{\"a\": 1}" : "h<b/>é";
        co_await full_round_trip<std::string>(c, type, literal);
    }
    co_await all_round_trips<std::string>(c, "text", "| |\"\\,{}|NULL|(a,b)");
    co_await all_round_trips<std::vector<std::byte>>(c, "bytea", "|\\x00ff5c22|\\x7b2c");
    co_await all_round_trips<boost::uuids::uuid>(c,
                                                 "uuid",
                                                 "00000000-0000-0000-0000-000000000000|"
                                                 "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    co_await all_round_trips<copg::bit_string>(
        c, "varbit", "|1|01010101|010101011|0000000000000001");
    co_await full_round_trip<copg::bit_string>(c, "bit(3)", "101");
}

COPG_COROUTINE_TEST(a_numeric_keeps_every_digit_and_its_scale) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    co_await all_round_trips<copg::numeric>(
        c,
        "numeric",
        "0|0.00|-0.5|1.50|10000|9999.9999|0.0001|0.00001|1e40|-1e-40|12345|NaN|"
        "Infinity|-Infinity|1e-16383|1e131071|100000000|"
        "123456789012345678901234567890.123456789012345678901234567890");
    auto const largest = std::string(131072, '9') + "." + std::string(16383, '9');
    auto const value = co_await round_trip<copg::numeric>(c, "numeric", largest);
    BOOST_TEST((value.to_string() == largest));
    BOOST_TEST(value.scale() == 16383);
    auto const shown = co_await c.fetch_one<copg::numeric>("select 1.50");
    BOOST_TEST(shown.to_string() == "1.50");
    BOOST_TEST((shown == copg::numeric{"1.5"}));
}

COPG_COROUTINE_TEST(a_numeric_as_decimal_is_exact_or_out_of_range) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const value = co_await c.fetch_one<decimal>("select 12345.678901234567890123456789");
    BOOST_TEST((value == decimal{"12345.678901234567890123456789"}));
    auto const text = co_await c.fetch_one<std::string>("select $1::text", value);
    BOOST_TEST(text == "12345.678901234567890123456789");
    auto const tiny = co_await c.fetch_one<std::string>("select $1::text", decimal{"-1e-30"});
    BOOST_TEST(tiny == "-0.000000000000000000000000000001");
    auto const large = co_await c.fetch_one<std::string>("select $1::text", decimal{"120e3"});
    BOOST_TEST(large == "120000");
    auto const back = co_await c.fetch_one<decimal>("select '-Infinity'::numeric");
    BOOST_TEST((back == -std::numeric_limits<decimal>::infinity()));
    co_await expect_out_of_range<decimal>(
        c, "select " + std::string(200, '1') + "." + std::string(200, '7'));
    BOOST_TEST((refusal_of(decimal{"1e200000"}).code() == errc::value_out_of_range));
}

COPG_COROUTINE_TEST(network_addresses_go_there_and_back) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    co_await all_round_trips<copg::inet>(
        c, "inet", "0.0.0.0/0|192.0.2.7|192.0.2.7/24|2001:db8::1/64|::1");
    for (auto const* network : {"192.0.2.0/24", "2001:db8::/32", "10.1.2.3/32"}) {
        auto const value = co_await c.fetch_one<copg::inet>("select $1::cidr",
                                                            copg::typed(network, copg::oid::cidr));
        auto const text = co_await c.fetch_one<std::string>("select $1::text",
                                                            copg::typed(value, copg::oid::cidr));
        BOOST_TEST(text == network);
    }
    co_await all_round_trips<asio::ip::address>(c, "inet", "192.0.2.7|2001:db8::1");
    co_await expect_out_of_range<asio::ip::address>(c, "select inet '192.0.2.0/24'");
    auto const mac =
        co_await c.fetch_one<std::string>("select $1::macaddr::text", "08:00:2b:01:02:03");
    BOOST_TEST(mac == "08:00:2b:01:02:03");
}

COPG_COROUTINE_TEST(json_goes_there_and_back_as_a_tree) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    for (auto const* type : {"json", "jsonb"})
        co_await all_round_trips<boost::json::value>(
            c, type, "null|true|-1|18446744073709551615|\"a\\\"b\"|[]|{}");
    co_await full_round_trip<boost::json::value>(c, "jsonb", "{\"a\": [1, [2, {}]]}");
    auto const tree = co_await c.fetch_one<boost::json::value>("select '{\"a\": [1, 2.5]}'::jsonb");
    BOOST_TEST((tree.at("a").at(1) == 2.5));
    co_await expect_out_of_range<boost::json::value>(c, "select '[1e400]'::jsonb");
    co_await expect_out_of_range<boost::json::value>(
        c, "select (repeat('[', 300) || repeat(']', 300))::jsonb");
    boost::json::value const infinite = std::numeric_limits<double>::infinity();
    BOOST_TEST((refusal_of(infinite).code() == errc::value_out_of_range));
}

COPG_COROUTINE_TEST(every_type_reads_as_raw_bytes_and_goes_back_as_it_came) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    for (auto const* value : {"point '(1,2)'",
                              "macaddr '08:00:2b:01:02:03'",
                              "money '1.50'",
                              "numeric '1.5'",
                              "'{1,null}'::int[]"}) {
        auto const raw = co_await c.fetch_one<copg::raw_value>(std::string{"select "} + value);
        auto const text = co_await c.fetch_one<std::string>("select $1::text", raw);
        auto const expected =
            co_await c.fetch_one<std::string>(std::string{"select ("} + value + ")::text");
        BOOST_TEST(text == expected);
    }
}

COPG_COROUTINE_TEST(every_type_reads_as_text_when_the_statement_asks_for_it) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    using row = std::tuple<std::string, std::string, std::optional<std::string>>;
    auto const asked =
        copg::sql{"select point '(1,2)', macaddr '08:00:2b:01:02:03', null::int"}.text_results();
    auto const texts = co_await c.fetch_one<row>(asked);
    BOOST_TEST((texts == row{"(1,2)", "08:00:2b:01:02:03", std::nullopt}));
    auto const number = copg::sql{"select 1"}.text_results();
    auto const ended = co_await end_of(c.fetch_one<int>(number));
    BOOST_TEST((ended.code == errc::type_mismatch));
}

COPG_COROUTINE_TEST(a_typed_parameter_has_the_type_that_it_was_given) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const type = co_await c.fetch_one<std::string>("select pg_typeof($1)::text",
                                                        copg::typed("1.5", copg::oid::numeric));
    BOOST_TEST(type == "numeric");
    auto const null = co_await c.fetch_one<std::string>(
        "select pg_typeof($1)::text", copg::typed(std::nullopt, copg::oid::jsonb));
    BOOST_TEST(null == "jsonb");
    auto const wrong = refusal_of(copg::typed(1, copg::oid::int8));
    BOOST_TEST((wrong.code() == errc::type_mismatch));
    BOOST_TEST(std::string{wrong.what()} ==
               "a parameter of type integer cannot be sent as bigint; cast it in the SQL text");
}

BOOST_AUTO_TEST_SUITE_END()
