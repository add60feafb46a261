// SPDX-License-Identifier: BSL-1.0
// Random values there and back, and their text against the server's.
#include "support/types.hpp"

#include <boost/uuid/random_generator.hpp>

using namespace copg::test;
using copg::connection;
using std::chrono::microseconds;

namespace {

using generator = std::mt19937_64;

std::int64_t between(generator& random, std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>{low, high}(random);
}

copg::numeric random_numeric(generator& random) {
    std::string text = between(random, 0, 1) == 0 ? "-" : "";
    for (auto n = between(random, 1, 60); n > 0; --n)
        text += static_cast<char>('0' + (between(random, 0, 2) == 0 ? between(random, 0, 9) : 0));
    text += '.';
    for (auto n = between(random, 0, 60); n > 0; --n)
        text += static_cast<char>('0' + (between(random, 0, 2) == 0 ? between(random, 0, 9) : 0));
    return copg::numeric{text + "e" + std::to_string(between(random, -30, 30))};
}

copg::inet random_inet(generator& random) {
    if (between(random, 0, 1) == 0) {
        auto const bits = static_cast<unsigned>(random());
        return {asio::ip::address_v4{bits}, static_cast<unsigned>(between(random, 0, 32))};
    }
    asio::ip::address_v6::bytes_type bytes{};
    for (auto& byte : bytes)
        byte = static_cast<unsigned char>(between(random, 0, 2) == 0 ? random() : 0);
    return {asio::ip::address_v6{bytes}, static_cast<unsigned>(between(random, 0, 128))};
}

copg::bit_string random_bits(generator& random) {
    copg::bit_string bits;
    for (auto n = between(random, 0, 40); n > 0; --n)
        bits.push_back(between(random, 0, 1) == 1);
    return bits;
}

std::string random_text(generator& random) {
    static constexpr std::string_view pieces[] = {"a",
                                                  "\"",
                                                  "\\",
                                                  ",",
                                                  "{",
                                                  "}",
                                                  "(",
                                                  ")",
                                                  "'",
                                                  " ",
                                                  "é",
                                                  "NULL",
                                                  "\n",
                                                  "\x7f",
                                                  "𝄞",
                                                  "[1:1]="};
    std::string text;
    for (auto n = between(random, 0, 12); n > 0; --n)
        text += pieces[static_cast<std::size_t>(between(random, 0, std::size(pieces) - 1))];
    return text;
}

/// Sends many values as an array, both as one parameter and as a literal, and reads them back.
template <class T, class Make>
asio::awaitable<void> check(connection& c, std::string type, Make make, bool same_text = true) {
    constexpr int count = 300;
    std::vector<T> sent;
    std::vector<std::string> texts;
    for (int i = 0; i < count; ++i) {
        sent.push_back(make());
        std::string text;
        copg::detail::write_text(sent.back(), text);
        texts.push_back(text);
    }
    auto const received = co_await c.fetch_one<std::vector<T>>("select $1::" + type + "[]", sent);
    BOOST_TEST((received == sent), type << "[] differs");
    auto const parsed = co_await c.fetch_one<std::vector<T>>("select $1::" + type + "[]", texts);
    BOOST_TEST((parsed == sent), type << "[] as a literal differs");
    auto const shown = co_await c.fetch_one<std::vector<std::string>>(
        "select array_agg(v::text order by n) from unnest($1::" + type +
            "[]) with ordinality as t (v, n)",
        sent);
    BOOST_TEST_REQUIRE(shown.size() == texts.size());
    for (std::size_t i = 0; same_text && i < texts.size(); ++i)
        BOOST_TEST(shown[i] == texts[i]);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_random_values)

COPG_COROUTINE_TEST(random_values_of_each_type_go_there_and_back_and_print_as_the_server_does) {
    auto random = seeded_random();
    auto c = co_await connection::connect(cluster().dsn().c_str());
    co_await c.execute("set timezone = 'UTC'");
    co_await check<std::int16_t>(c, "int2", [&] { return static_cast<std::int16_t>(random()); });
    co_await check<std::int32_t>(c, "int4", [&] { return static_cast<std::int32_t>(random()); });
    co_await check<std::int64_t>(c, "int8", [&] { return static_cast<std::int64_t>(random()); });
    auto const real = [&] {
        auto const value = std::bit_cast<double>(random());
        return std::isnan(value) ? 0.5 : value;
    };
    co_await check<double>(c, "float8", real, false); // the exponent is written in another way
    co_await check<std::string>(c, "text", [&] { return random_text(random); });
    co_await check<copg::numeric>(c, "numeric", [&] { return random_numeric(random); });
    co_await check<copg::inet>(c, "inet", [&] { return random_inet(random); }, false);
    co_await check<copg::bit_string>(c, "varbit", [&] { return random_bits(random); });
    auto const day = [&] {
        return copg::date{static_cast<std::int32_t>(between(random, -2451507, 2145031948))};
    };
    co_await check<copg::date>(c, "date", day);
    auto const since = [&] { return between(random, -211813488000000000, 9223371331199999999); };
    co_await check<copg::timestamp>(
        c, "timestamp", [&] { return copg::timestamp{since()}; }, false);
    co_await check<copg::timestamptz>(
        c, "timestamptz", [&] { return copg::timestamptz{since()}; }, false);
    co_await check<microseconds>(
        c, "time", [&] { return microseconds{between(random, 0, 86'400'000'000)}; }, false);
    auto const span = [&] {
        return copg::interval{static_cast<std::int32_t>(random()),
                              static_cast<std::int32_t>(random()),
                              microseconds{static_cast<std::int64_t>(random())}};
    };
    co_await check<copg::interval>(c, "interval", span, false);
}

COPG_COROUTINE_TEST(random_arrays_of_every_shape_go_there_and_back) {
    auto random = seeded_random();
    auto c = co_await connection::connect(cluster().dsn().c_str());
    for (int round = 0; round < 100; ++round) {
        copg::array<std::optional<std::string>> sent;
        std::size_t count = 1;
        for (auto rank = between(random, 1, 6); rank > 0; --rank) {
            auto const size = between(random, 1, 3);
            count *= static_cast<std::size_t>(size);
            sent.dimensions.push_back({static_cast<std::int32_t>(size),
                                       static_cast<std::int32_t>(between(random, -5, 5))});
        }
        for (; count > 0; --count)
            sent.values.push_back(between(random, 0, 4) == 0 ? std::nullopt
                                                             : std::optional{random_text(random)});
        auto const received = co_await c.fetch_one<copg::array<std::optional<std::string>>>(
            "select $1::text[]", sent);
        BOOST_TEST((received == sent));
    }
}

BOOST_AUTO_TEST_SUITE_END()
