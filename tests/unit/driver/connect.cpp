// SPDX-License-Identifier: BSL-1.0
#include "driver/connect_error.hpp"
#include "driver/connect_failures.hpp"
#include "driver/connect_target.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/driver/connect_options.hpp>

#include <boost/test/unit_test.hpp>

using copg::dsn;
using copg::detail::connect_error;
using copg::detail::connect_failures;
using copg::detail::connect_target;
using copg::detail::is_incurable;
using copg::detail::targets_of;

BOOST_AUTO_TEST_SUITE(test_connect)

BOOST_AUTO_TEST_CASE(a_refusal_by_the_server_keeps_its_sqlstate) {
    auto const failure = connect_error(
        "connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  28P01: password "
        "authentication failed for user \"app\"\nLOCATION:  auth_failed, auth.c:326\n");
    BOOST_CHECK_EXCEPTION(
        std::rethrow_exception(failure), copg::sql_error, [](copg::sql_error const& e) {
            return e.state() == copg::sqlstate::invalid_password &&
                   e.message() == "connection to server at \"127.0.0.1\", port 5432 failed: "
                                  "password authentication failed for user \"app\"";
        });
    BOOST_TEST(is_incurable(failure));
}

BOOST_AUTO_TEST_CASE(any_other_failure_is_connect_failed_with_libpqs_words) {
    auto const failure = connect_error("connection to server at \"h\" failed: Connection refused\n"
                                       "\tIs the server running?\n");
    BOOST_CHECK_EXCEPTION(std::rethrow_exception(failure), copg::error, [](copg::error const& e) {
        return e.code() == copg::errc::connect_failed &&
               std::string{e.what()} == "connect failed: connection to server at \"h\" failed: "
                                        "Connection refused Is the server running?";
    });
    BOOST_TEST(!is_incurable(failure));
}

BOOST_AUTO_TEST_CASE(a_server_that_starts_up_is_curable) {
    BOOST_TEST(
        !is_incurable(connect_error("x: FATAL:  57P03: the database system is starting up")));
    BOOST_TEST(!is_incurable(connect_error("x: FATAL:  53300: too many connections")));
    BOOST_TEST(is_incurable(connect_error("x: FATAL:  3D000: database \"d\" does not exist")));
}

BOOST_AUTO_TEST_CASE(several_hosts_are_tried_in_order_each_with_its_port) {
    auto const targets = targets_of(dsn{"host=a,b port=1,2 user=u"});
    BOOST_TEST_REQUIRE(targets.size() == 2);
    BOOST_TEST((targets[0] == connect_target{"a", "", "1"}));
    BOOST_TEST((targets[1] == connect_target{"b", "", "2"}));
    BOOST_TEST((targets_of(dsn{"host=a,b port=7 user=u"})[1] == connect_target{"b", "", "7"}));
    BOOST_CHECK_THROW(targets_of(dsn{"host=a,b,c port=1,2 user=u"}), copg::error);
}

BOOST_AUTO_TEST_CASE(only_names_are_looked_up) {
    BOOST_TEST((connect_target{"db.example", "", "1"}).needs_lookup());
    BOOST_TEST(!(connect_target{"db.example", "10.0.0.1", "1"}).needs_lookup());
    BOOST_TEST(!(connect_target{"127.0.0.1", "", "1"}).needs_lookup());
    BOOST_TEST(!(connect_target{"::1", "", "1"}).needs_lookup());
    BOOST_TEST(!(connect_target{"/var/run/postgresql", "", "1"}).needs_lookup());
    BOOST_TEST(!(connect_target{"", "", "1"}).needs_lookup());
}

BOOST_AUTO_TEST_CASE(a_connect_timeout_in_the_dsn_wins) {
    using namespace std::chrono_literals;
    copg::connect_options options{"host=h user=u connect_timeout=2"};
    options.timeout(7s);
    BOOST_TEST((options.timeout() == 2s));
    copg::connect_options plain{"host=h user=u"};
    BOOST_TEST((plain.timeout(7s).timeout() == 7s));
}

BOOST_AUTO_TEST_CASE(prefer_standby_takes_two_passes_over_all_servers) {
    using copg::detail::passes_of;
    auto const wanted = std::vector<std::string>{"standby", "any"};
    BOOST_TEST((passes_of(dsn{"user=u target_session_attrs=prefer-standby"}) == wanted));
    BOOST_TEST((passes_of(dsn{"user=u target_session_attrs=primary"}) ==
                std::vector<std::string>{"primary"}));
    BOOST_TEST(passes_of(dsn{"user=u"}).size() == 1);
}

BOOST_AUTO_TEST_CASE(libpq_is_given_one_address_and_no_time_limit) {
    auto const keywords = copg::detail::keywords_for(
        dsn{"host=a,b port=1,2 user=u connect_timeout=9 client_encoding=LATIN1"},
        {"b", "10.0.0.1", "2"},
        "standby");
    auto const value = [&keywords](std::string const& keyword) {
        std::string found;
        for (auto const& [name, text] : keywords)
            if (name == keyword)
                found += "<" + text + ">";
        return found;
    };
    BOOST_TEST(value("host") == "<b>");
    BOOST_TEST(value("hostaddr") == "<10.0.0.1>");
    BOOST_TEST(value("port") == "<2>");
    BOOST_TEST(value("target_session_attrs") == "<standby>");
    BOOST_TEST(value("client_encoding") == "<UTF8>");
    BOOST_TEST(value("fallback_application_name") == "<copg>");
    BOOST_TEST(value("connect_timeout").empty());
}

BOOST_AUTO_TEST_CASE(the_failures_of_several_servers_become_one_message_of_bounded_length) {
    using copg::errc;
    using copg::error;
    connect_failures failures;
    constexpr int servers = 100;
    for (int server = 0; server < servers; ++server)
        failures.add(
            "s" + std::to_string(server),
            std::make_exception_ptr(error{errc::connect_failed, std::string(5'000, 'x') + "é"}));
    failures.add("last", std::make_exception_ptr(error{errc::connect_timeout, "no answer"}));
    BOOST_CHECK_EXCEPTION(
        std::rethrow_exception(failures.combined()), error, [](error const& combined) {
            std::string_view const text = combined.what();
            return combined.code() == errc::connect_timeout && text.size() < 7'000 &&
                   text.starts_with("no answer; tried before: ") &&
                   text.find("s99: x") != text.npos && text.ends_with("and 85 more");
        });
}

BOOST_AUTO_TEST_CASE(a_server_counts_once_with_its_last_cause) {
    using copg::errc;
    using copg::error;
    connect_failures failures;
    failures.add("s", std::make_exception_ptr(error{errc::connect_timeout, "first"}));
    failures.add("s", std::make_exception_ptr(error{errc::connect_failed, "second"}));
    BOOST_CHECK_EXCEPTION(
        std::rethrow_exception(failures.combined()), error, [](error const& combined) {
            return combined.code() == errc::connect_failed &&
                   std::string_view{combined.what()} == "second";
        });
}

BOOST_AUTO_TEST_CASE(a_refusal_after_other_failures_stays_the_servers_refusal) {
    connect_failures failures;
    failures.add("a", std::make_exception_ptr(copg::error{copg::errc::connect_failed, "refused"}));
    failures.add("b", connect_error("b: FATAL:  57P03: the database system is starting up"));
    BOOST_CHECK_EXCEPTION(std::rethrow_exception(failures.combined()),
                          copg::sql_error,
                          [](copg::sql_error const& combined) {
                              return combined.state() == copg::sqlstate::cannot_connect_now &&
                                     std::string_view{combined.what()}.ends_with(
                                         "tried before: a: refused");
                          });
}

BOOST_AUTO_TEST_SUITE_END()
