// SPDX-License-Identifier: BSL-1.0
// Several hosts and addresses, and which of them will do.
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/name_server.hpp"

#include <copg/driver/connection.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <fmt/format.h>

#include <unistd.h>

using namespace copg::test;
using copg::connection;
using copg::errc;
using copg::sqlstate;
using copg::testing::cluster_options;
using copg::testing::temporary_cluster;

namespace {

std::string hosts_dsn(std::initializer_list<int> ports, std::string const& more) {
    std::string hosts;
    std::string list;
    for (auto const port : ports) {
        hosts += hosts.empty() ? "127.0.0.1" : ",127.0.0.1";
        list += (list.empty() ? "" : ",") + std::to_string(port);
    }
    return fmt::format("host={} port={} user=postgres dbname=postgres {}", hosts, list, more);
}

bool has_ipv6() {
    asio::io_context context;
    boost::system::error_code failure;
    asio::ip::tcp::acceptor acceptor{context};
    acceptor.open(asio::ip::tcp::v6(), failure);
    if (!failure)
        acceptor.bind({asio::ip::address_v6::loopback(), 0}, failure);
    return !failure;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_connect_hosts)

COPG_COROUTINE_TEST(every_address_of_a_name_is_tried) {
    name_server names;
    names.set("two.test", {"::1", "127.0.0.1"}); // the server listens on the second only
    auto const dsn =
        fmt::format("host=two.test port={} user=postgres dbname=postgres", cluster().port());
    auto c = co_await connection::connect(dsn.c_str());
    co_await c.ping();
    BOOST_TEST(names.lookups("two.test") == 1);
}

COPG_COROUTINE_TEST(a_name_is_looked_up_anew_for_each_connection) {
    name_server names;
    names.set("moving.test", {"127.0.0.2"});
    auto const dsn =
        fmt::format("host=moving.test port={} user=postgres dbname=postgres", cluster().port());
    auto const refused = co_await end_of(connection::connect(dsn.c_str()));
    BOOST_TEST((refused.code == errc::connect_failed));
    names.set("moving.test", {"127.0.0.1"});
    auto c = co_await connection::connect(dsn.c_str());
    co_await c.ping();
}

COPG_COROUTINE_TEST(the_local_name_addresses_and_sockets_all_lead_to_the_server) {
    auto const abstract = "@copg-test-" + std::to_string(::getpid());
    temporary_cluster const server{cluster_options{}
                                       .setting("listen_addresses", "127.0.0.1,::1")
                                       .setting("unix_socket_directories", abstract)};
    std::vector<std::string> hosts{"localhost", "127.0.0.1", abstract};
    if (has_ipv6())
        hosts.emplace_back("::1");
    for (auto const& host : hosts) {
        auto const dsn =
            fmt::format("host={} port={} user=postgres dbname=postgres", host, server.port());
        auto c = co_await connection::connect(dsn.c_str());
        co_await c.ping();
    }
}

COPG_COROUTINE_TEST(when_all_fail_the_message_names_each_with_its_cause) {
    auto const dsn = fmt::format("host=no-such-host.invalid,127.0.0.1,127.0.0.1 port=5432,1,2 "
                                 "user=app password=s3cret dbname=postgres");
    auto const end = co_await end_of(connection::connect(dsn.c_str()));
    BOOST_TEST((end.code == errc::connect_failed));
    for (auto const* piece : {"no-such-host.invalid", "cannot look up", "port 1", "port 2"})
        BOOST_TEST(end.message.find(piece) != std::string::npos, piece << " in " << end.message);
    BOOST_TEST(end.message.find("s3cret") == std::string::npos);
}

COPG_COROUTINE_TEST(a_refused_password_ends_the_search_among_hosts) {
    temporary_cluster const strict{
        cluster_options{}.access_rule("host all all 127.0.0.1/32 scram-sha-256")};
    auto const dsn = hosts_dsn({1, strict.port(), cluster().port()}, "password=wrong");
    auto const end = co_await end_of(connection::connect(dsn.c_str()));
    BOOST_TEST((end.code == sqlstate::invalid_password));
    BOOST_TEST(end.message.find("port 1:") != std::string::npos, end.message);
}

BOOST_AUTO_TEST_CASE(a_deadline_bounds_the_whole_attempt) {
    auto const body = [&]() -> asio::awaitable<void> {
        name_server names;
        names.hold("silent.test");
        copg::connect_options options{"host=silent.test,silent.test,silent.test user=app"};
        options.timeout(60s).deadline(50ms);
        auto const end = co_await end_of(connection::connect(options));
        BOOST_TEST((end.code == errc::connect_timeout));
        BOOST_TEST(names.lookups("silent.test") == 1);
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(target_session_attrs_choose_among_the_servers) {
    temporary_cluster const primary;
    temporary_cluster const standby{cluster_options{}.file("standby.signal", "")};
    temporary_cluster const frozen{
        cluster_options{}.setting("default_transaction_read_only", "on")};
    auto const body = [&]() -> asio::awaitable<void> {
        struct row {
            char const* wanted;
            std::initializer_list<int> ports;
            int expected;
        };
        for (auto const& [wanted, ports, expected] : {
                 row{"any", {1, standby.port(), primary.port()}, standby.port()},
                 row{"read-write", {standby.port(), frozen.port(), primary.port()}, primary.port()},
                 row{"read-only", {primary.port(), frozen.port(), standby.port()}, frozen.port()},
                 row{"primary", {standby.port(), frozen.port(), primary.port()}, frozen.port()},
                 row{"standby", {primary.port(), frozen.port(), standby.port()}, standby.port()},
                 row{"prefer-standby", {primary.port(), standby.port()}, standby.port()},
                 row{"prefer-standby", {1, primary.port(), frozen.port()}, primary.port()},
             }) {
            auto const dsn = hosts_dsn(ports, fmt::format("target_session_attrs={}", wanted));
            auto c = co_await connection::connect(dsn.c_str());
            auto const port = co_await c.fetch_one<std::string>("select current_setting('port')");
            BOOST_TEST(port == std::to_string(expected), wanted << ": " << port);
        }
        auto const dsn = hosts_dsn({primary.port(), frozen.port()}, "target_session_attrs=standby");
        auto const end = co_await end_of(connection::connect(dsn.c_str()));
        BOOST_TEST((end.code == errc::connect_failed));
        for (auto const port : {primary.port(), frozen.port()})
            BOOST_TEST(end.message.find(fmt::format("port {}", port)) != std::string::npos,
                       end.message);
    };
    run(body());
}

BOOST_AUTO_TEST_SUITE_END()
