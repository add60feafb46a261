// SPDX-License-Identifier: BSL-1.0
// The sslmodes, against a server with certificates of a test authority.
#include "support/certificates.hpp"
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/driver/connection.hpp>

#include <fmt/format.h>

#include <optional>

using namespace copg::test;
using copg::connection;
using copg::errc;
using copg::sqlstate;

namespace {

/// A server `db.test` that asks the user `guest` for a certificate.
struct tls_world {
    tls_world() {
        certificate const identity = authority.issue("db.test");
        server_certificate = identity;
        server.emplace(copg::testing::cluster_options{}
                           .tls(content_of(identity.file),
                                content_of(identity.key_file),
                                content_of(authority.file()))
                           .access_rule("hostssl all guest all cert")
                           .access_rule("hostnossl all plain_only all reject")
                           .access_rule("hostssl all no_tls all reject"));
    }

    std::string dsn(std::string_view host, std::string_view more) const {
        return fmt::format("host={} hostaddr=127.0.0.1 port={} user=postgres dbname=postgres {}",
                           host,
                           server->port(),
                           more);
    }

    certificate_authority authority;
    certificate server_certificate;
    std::optional<copg::testing::temporary_cluster> server;
};

tls_world& world() {
    static tls_world instance;
    return instance;
}

asio::awaitable<bool> is_encrypted(std::string dsn) {
    auto c = co_await connection::connect(dsn.c_str());
    auto const encrypted =
        co_await c.fetch_one<bool>("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
    co_return encrypted;
}

asio::awaitable<void> fails_with(std::string dsn, std::string cause) {
    auto const end = co_await end_of(connection::connect(dsn.c_str()));
    BOOST_TEST((end.code == errc::connect_failed), end.code << ": " << end.message);
    BOOST_TEST(end.message.find(cause) != std::string::npos, end.message);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_connect_tls)

COPG_COROUTINE_TEST(each_sslmode_encrypts_as_documented) {
    auto const authority = " sslrootcert=" + world().authority.file();
    for (auto const& [mode, expected] :
         std::initializer_list<std::pair<std::string, bool>>{{"disable", false},
                                                             {"allow", false},
                                                             {"prefer", true},
                                                             {"require", true},
                                                             {"verify-ca" + authority, true},
                                                             {"verify-full" + authority, true}}) {
        auto const encrypted = co_await is_encrypted(world().dsn("db.test", "sslmode=" + mode));
        BOOST_TEST(encrypted == expected, mode);
    }
}

COPG_COROUTINE_TEST(allow_and_prefer_fall_back_to_the_other_kind) {
    auto admin = co_await connection::connect(world().server->dsn().c_str());
    co_await admin.execute("create role plain_only login");
    co_await admin.execute("create role no_tls login");
    auto const allow = world().dsn("db.test", "sslmode=allow user=plain_only");
    auto const upgraded = co_await is_encrypted(allow);
    BOOST_TEST(upgraded);
    auto const prefer = world().dsn("db.test", "sslmode=prefer user=no_tls");
    auto const downgraded = co_await is_encrypted(prefer);
    BOOST_TEST(!downgraded);
}

COPG_COROUTINE_TEST(against_a_server_without_tls_prefer_goes_on_and_require_fails) {
    auto const preferred = co_await is_encrypted(cluster().tcp_dsn() + "?sslmode=prefer");
    BOOST_TEST(!preferred);
    co_await fails_with(cluster().tcp_dsn() + "?sslmode=require", "does not support SSL");
}

COPG_COROUTINE_TEST(a_wrong_name_an_unknown_authority_and_a_missing_file_are_named) {
    auto const authority = "sslrootcert=" + world().authority.file();
    auto const full = "sslmode=verify-full " + authority;
    co_await fails_with(world().dsn("other.test", full), "other.test");
    auto const name_does_not_matter =
        co_await is_encrypted(world().dsn("other.test", "sslmode=verify-ca " + authority));
    BOOST_TEST(name_does_not_matter);
    certificate_authority const stranger;
    auto const unknown = "sslmode=verify-full sslrootcert=" + stranger.file();
    co_await fails_with(world().dsn("db.test", unknown), "certificate verify failed");
    co_await fails_with(world().dsn("db.test", "sslmode=verify-full sslrootcert=/no/such/file"),
                        "/no/such/file");
}

COPG_COROUTINE_TEST(a_revoked_certificate_is_refused) {
    certificate_authority authority;
    auto const identity = authority.issue("db.test");
    copg::testing::temporary_cluster const server{copg::testing::cluster_options{}.tls(
        content_of(identity.file), content_of(identity.key_file))};
    auto const dsn = fmt::format("host=db.test hostaddr=127.0.0.1 port={} user=postgres "
                                 "dbname=postgres sslmode=verify-full sslrootcert={}",
                                 server.port(),
                                 authority.file());
    auto const before = co_await is_encrypted(dsn);
    BOOST_TEST(before);
    auto const list = authority.revoke(identity);
    co_await fails_with(dsn + " sslcrl=" + list, "certificate verify failed");
}

COPG_COROUTINE_TEST(a_client_certificate_opens_the_door) {
    auto admin = co_await connection::connect(world().server->dsn().c_str());
    co_await admin.execute("create role guest login");
    auto const identity = world().authority.issue("guest");
    auto const base = "user=guest sslmode=verify-full sslrootcert=" + world().authority.file();
    auto const with = [&](certificate const& c) {
        return world().dsn("db.test",
                           fmt::format("{} sslcert={} sslkey={}", base, c.file, c.key_file));
    };
    auto const encrypted = co_await is_encrypted(with(identity));
    BOOST_TEST(encrypted);
    auto const without = world().dsn("db.test", base + " sslcert=/no/such/file");
    auto const refused = co_await end_of(connection::connect(without.c_str()));
    BOOST_TEST((refused.code == sqlstate::invalid_authorization), refused.message);
    auto const other = with(world().authority.issue("somebody"));
    auto const mismatched = co_await end_of(connection::connect(other.c_str()));
    BOOST_TEST((mismatched.code == sqlstate::invalid_authorization), mismatched.message);
}

BOOST_AUTO_TEST_SUITE_END()
