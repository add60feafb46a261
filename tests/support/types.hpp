// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"

#include <copg/driver/connection.hpp>

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <iostream>
#include <random>
#include <sstream>

namespace copg::test {

/// A random generator whose seed is printed; COPG_TEST_SEED sets it.
inline std::mt19937_64 seeded_random() {
    auto const* const given = std::getenv("COPG_TEST_SEED");
    auto const seed = given == nullptr ? std::random_device{}() : std::stoull(given);
    std::cout << "COPG_TEST_SEED=" << seed << std::endl;
    return std::mt19937_64{seed};
}

/// The error that making a statement of these parameters ends with.
template <class... Parameters>
error refusal_of(Parameters const&... parameters) {
    try {
        statement const refused{"select", parameters...};
    } catch (error const& e) {
        return e;
    }
    return {std::error_code{}, ""};
}

/// Reads a literal of a type as T, sends it back in each way that there is, and compares what the
/// server makes of it with what it makes of the literal.
template <class T>
asio::awaitable<T> round_trip(connection& c, std::string type, std::string literal) {
    auto const sql = "select $1::" + type;
    auto const value = co_await c.template fetch_one<T>("select '" + literal + "'::" + type);
    auto const expected = co_await c.template fetch_one<std::string>("select ('" + literal +
                                                                     "'::" + type + ")::text");
    auto const seen = co_await c.template fetch_one<std::string>(sql + "::text", value);
    BOOST_TEST(seen == expected, type << " '" << literal << "' came back as " << seen);
    auto const again = co_await c.template fetch_one<T>(sql, value);
    BOOST_TEST((again == value), type << " '" << literal << "'");
    std::string text;
    detail::write_text(value, text);
    auto const read = co_await c.template fetch_one<std::string>(sql + "::text", text);
    BOOST_TEST(read == expected, type << " '" << text << "' was read as " << read);
    co_return value;
}

/// The same, and as elements of an array.
template <class T>
asio::awaitable<T> full_round_trip(connection& c, std::string type, std::string literal) {
    auto const value = co_await round_trip<T>(c, type, literal);
    std::vector<std::optional<T>> const sent{value, std::nullopt, value};
    auto const received = co_await c.template fetch_one<std::vector<std::optional<T>>>(
        "select $1::" + type + "[]", sent);
    BOOST_TEST((received == sent), type << "[] of '" << literal << "'");
    auto const same =
        co_await c.template fetch_one<bool>("select $1::" + type + "[]::text = array['" + literal +
                                                "', null, '" + literal + "']::" + type + "[]::text",
                                            sent);
    BOOST_TEST(same, type << "[] of '" << literal << "'");
    co_return value;
}

/// Literals are parted by `|`.
template <class T>
asio::awaitable<void> all_round_trips(connection& c, std::string type, std::string literals) {
    std::istringstream stream{literals + '|'};
    for (std::string literal; std::getline(stream, literal, '|');)
        co_await full_round_trip<T>(c, type, literal);
}

template <class T>
asio::awaitable<void> expect_out_of_range(connection& c, std::string sql) {
    auto const ended = co_await end_of(c.fetch_one<T>(sql));
    BOOST_TEST((ended.code == copg::errc::value_out_of_range), sql << ": " << ended.message);
}

} // namespace copg::test
