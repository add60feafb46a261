// SPDX-License-Identifier: BSL-1.0
// TLS records larger than what libpq reads at a time: the rest waits decrypted inside the library,
// where no event loop sees it.
#include "support/certificates.hpp"
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/tls_proxy.hpp"

#include <copg/driver/connection.hpp>

#include <fmt/format.h>

using namespace copg::test;
using copg::connection;

namespace {

constexpr std::size_t row_bytes = 32'768;

asio::awaitable<void> fetch_large_rows(std::string dsn) {
    auto c = co_await connection::connect(dsn.c_str());
    for (int rows = 1; rows <= 64; ++rows) {
        auto const fetched = co_await c.fetch<std::string>(
            "select repeat(chr(64 + i % 50), $1) from generate_series(1, $2) i",
            static_cast<int>(row_bytes),
            rows);
        BOOST_TEST(fetched.size() == static_cast<std::size_t>(rows));
        for (auto const& row : fetched)
            BOOST_TEST_REQUIRE(row.size() == row_bytes);
    }
    // Every size around those of libpq's buffer and of a record.
    for (int bytes = 8'000; bytes < 33'000; bytes += 97) {
        auto const row = co_await c.fetch_one<std::string>("select repeat('x', $1)", bytes);
        BOOST_TEST_REQUIRE(row.size() == static_cast<std::size_t>(bytes));
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_tls_records)

COPG_COROUTINE_TEST(large_rows_arrive_in_large_records) {
    certificate_authority authority;
    auto const identity = authority.issue("db.test");
    tls_proxy const proxy{cluster().port(), identity};
    co_await fetch_large_rows(fmt::format("host=db.test hostaddr=127.0.0.1 port={} user=postgres "
                                          "dbname=postgres sslmode=verify-full sslrootcert={}",
                                          proxy.port(),
                                          authority.file()));
    BOOST_TEST(proxy.full_records() > 10);
}

COPG_COROUTINE_TEST(large_rows_arrive_from_a_server_with_tls) {
    certificate_authority authority;
    auto const identity = authority.issue("db.test");
    copg::testing::temporary_cluster const server{copg::testing::cluster_options{}.tls(
        content_of(identity.file), content_of(identity.key_file))};
    co_await fetch_large_rows(server.tcp_dsn() + "?sslmode=require");
}

BOOST_AUTO_TEST_SUITE_END()
