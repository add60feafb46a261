// SPDX-License-Identifier: BSL-1.0
// A type of one's own as a column and a parameter: the part between the marks is in
// docs/guide/types.md.
// Needs: a server whose connection string is the first argument.
#include <copg/copg.hpp>

#include <boost/asio.hpp>

#include <iostream>

namespace asio = boost::asio;

// [own_type]
/// An amount of money in cents; a bigint in the database.
struct cents {
    std::int64_t count;
};

template <>
struct copg::codec<cents> {
    using inner = codec<std::int64_t>; // an existing codec does the work

    static constexpr oid parameter_type = inner::parameter_type;
    static constexpr bool binary = inner::binary;
    static void encode(cents value, std::string& out) { inner::encode(value.count, out); }
    static void encode_text(cents value, std::string& out) { inner::encode_text(value.count, out); }
    static bool accepts(oid column) { return inner::accepts(column); }
    static cents decode(std::string_view bytes, oid column) {
        return {inner::decode(bytes, column)};
    }
};
// [own_type]

asio::awaitable<void> show(std::string dsn) {
    auto connection = co_await copg::connection::connect(dsn.c_str());
    cents const price{250};
    // [use]
    auto sum = co_await connection.fetch_one<cents>("select $1 * 3", price);
    auto list = co_await connection.fetch_one<std::vector<std::optional<cents>>>(
        "select array[$1, null]", price);
    // [use]
    std::cout << sum.count << ' ' << list.size() << ' ' << list.front()->count << '\n';
}

int main(int argc, char** argv) {
    asio::io_context loop;
    asio::co_spawn(loop, show(argc > 1 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
