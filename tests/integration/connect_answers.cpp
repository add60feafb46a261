// SPDX-License-Identifier: BSL-1.0
// What a server can answer to a start-up message, and what a cut network leaves of it.
#include "support/canned_server.hpp"
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"
#include "support/sockets.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/driver/connection.hpp>

#include <fmt/format.h>

#include <set>

using namespace copg::test;
using copg::connection;
using copg::errc;
using copg::sqlstate;

namespace {

canned_answers saying(std::string to_startup, canned_answers::ending then) {
    canned_answers answers;
    answers.to_startup = std::move(to_startup);
    answers.then = then;
    return answers;
}

asio::awaitable<ending> ending_at(canned_server const& server) {
    copg::connect_options options{server.dsn()};
    options.timeout(30s);
    auto end = co_await end_of(connection::connect(options));
    co_return end;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_connect_answers)

COPG_COROUTINE_TEST(a_server_that_starts_up_or_is_full_is_told_by_its_sqlstate) {
    for (auto const& [state, expected] : std::initializer_list<std::pair<std::string, sqlstate>>{
             {"57P03", sqlstate::cannot_connect_now}, {"53300", sqlstate::too_many_connections}}) {
        canned_server const server{
            saying(fatal_response(state, "come back later"), canned_answers::ending::close)};
        auto const end = co_await ending_at(server);
        BOOST_TEST((end.code == expected));
        BOOST_TEST(end.message.find("come back later") != std::string::npos);
    }
}

COPG_COROUTINE_TEST(a_real_server_refuses_unknown_databases_and_users_without_a_connection_left) {
    auto admin = co_await connection::connect(cluster().dsn().c_str());
    co_await admin.execute("create role crowd login connection limit 0");
    auto const dsn_of = [](std::string_view user, std::string_view database) {
        return fmt::format(
            "host=127.0.0.1 port={} user={} dbname={}", cluster().port(), user, database);
    };
    auto const no_database = dsn_of("postgres", "nowhere");
    auto const unknown = co_await end_of(connection::connect(no_database.c_str()));
    BOOST_TEST((unknown.code == sqlstate::invalid_catalog_name));
    auto const no_role = dsn_of("nobody_here", "postgres");
    auto const stranger = co_await end_of(connection::connect(no_role.c_str()));
    BOOST_TEST((stranger.code == sqlstate::invalid_authorization));
    auto const too_many = dsn_of("crowd", "postgres");
    auto const crowded = co_await end_of(connection::connect(too_many.c_str()));
    BOOST_TEST((crowded.code == sqlstate::too_many_connections));
    co_await admin.execute("drop role crowd");
}

COPG_COROUTINE_TEST(answers_that_are_no_postgresql_are_connect_failed) {
    auto const before = open_sockets();
    for (auto const& garbage : {std::string{"HTTP/1.1 400 Bad Request\r\n\r\n"},
                                std::string{"SSH-2.0-OpenSSH_9.2\r\n"},
                                std::string{"R\x7f\xff\xff\xff\0\0\0\0", 9},
                                std::string{"R\0\0\0\0\0\0\0\0", 9},
                                std::string{"R\0\0\0\x08\0\0\0\x63", 9},
                                std::string{"Z\0\0\0\x05I", 6},
                                std::string(100, '\0')}) {
        canned_server const server{saying(garbage, canned_answers::ending::close)};
        auto const end = co_await ending_at(server);
        BOOST_TEST((end.code == errc::connect_failed), end.code << ": " << end.message);
        BOOST_TEST(end.message.size() > std::string_view{"connect failed: "}.size());
    }
    co_await eventually([&] { return open_sockets() <= before; });
}

COPG_COROUTINE_TEST(a_reset_or_an_end_instead_of_an_answer_is_connect_failed) {
    for (auto const then : {canned_answers::ending::reset, canned_answers::ending::close}) {
        canned_server const server{saying("", then)};
        auto const end = co_await ending_at(server);
        BOOST_TEST((end.code == errc::connect_failed), end.code << ": " << end.message);
    }
}

COPG_COROUTINE_TEST(a_start_up_that_is_cut_after_any_byte_ends_in_connect_failed) {
    auto const before = open_sockets();
    fault_proxy proxy{cluster().port()};
    auto const with_proxy = open_sockets();
    copg::connect_options options{proxy.dsn("postgres") + "?sslmode=disable"};
    options.timeout(30s);
    for (auto const cut_answers : {true, false}) {
        auto connected = false;
        for (std::size_t bytes = 0; !connected; ++bytes) {
            BOOST_TEST_REQUIRE(bytes < 2'000);
            faults cut;
            (cut_answers ? cut.cut_after_answered : cut.cut_after_sent) = bytes;
            proxy.set(cut);
            try {
                auto const c = co_await connection::connect(options);
                connected = true;
            } catch (copg::error const& e) {
                BOOST_TEST((e.code() == errc::connect_failed), bytes << ": " << e.what());
            }
        }
    }
    co_await eventually([&] { return open_sockets() <= with_proxy; });
    BOOST_TEST(with_proxy > before);
}

COPG_COROUTINE_TEST(only_parameters_that_poolers_know_are_sent) {
    canned_server const server{
        saying(fatal_response("57P03", "not now"), canned_answers::ending::close)};
    co_await ending_at(server);
    std::set<std::string> sent;
    for (auto const& [name, value] : server.startup_parameters())
        sent.insert(name);
    BOOST_TEST(
        sent == (std::set<std::string>{"application_name", "client_encoding", "database", "user"}),
        boost::test_tools::per_element());
    auto const parameters = server.startup_parameters();
    BOOST_TEST(parameters.at("application_name") == "copg");
    BOOST_TEST(parameters.at("client_encoding") == "UTF8");
}

COPG_COROUTINE_TEST(keywords_for_the_server_and_the_socket_are_passed_on) {
    auto const dsn = cluster().tcp_dsn() +
                     "?application_name=shop&keepalives_idle=30&keepalives_interval=5"
                     "&keepalives_count=2&tcp_user_timeout=7000&options=-c%20geqo%3Doff";
    auto c = co_await connection::connect(dsn.c_str());
    auto const name =
        co_await c.fetch_one<std::string>("select current_setting('application_name')");
    BOOST_TEST(name == "shop");
    auto const geqo = co_await c.fetch_one<std::string>("select current_setting('geqo')");
    BOOST_TEST(geqo == "off");
}

BOOST_AUTO_TEST_SUITE_END()
