// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/testing/temporary_cluster.hpp>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>

namespace fs = std::filesystem;
using copg::testing::cluster_options;
using copg::testing::temporary_cluster;
using namespace copg::test;

namespace {

asio::awaitable<void> fetch_settings(std::string dsn, std::vector<std::string>& values) {
    auto connection = co_await copg::connection::connect(dsn.c_str());
    for (auto const* name : {"work_mem", "fsync", "server_encoding"}) {
        auto value = co_await connection.fetch_one<std::string>("select current_setting($1)", name);
        values.push_back(std::move(value));
    }
}

struct holder {
    pid_t process = -1;
    std::vector<std::string> folders;
};

/// Starts a program that makes a cluster and a standby, and waits.
holder start_holder() {
    int ends[2];
    BOOST_TEST_REQUIRE(::pipe(ends) == 0);
    auto const process = ::fork();
    if (process == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::close(ends[0]);
        ::close(ends[1]);
        ::execl(COPG_CLUSTER_HOLDER, COPG_CLUSTER_HOLDER, nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    holder started{process, {}};
    for (int i = 0; i < 2; ++i) {
        std::string folder;
        for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';)
            folder += c;
        started.folders.push_back(folder);
    }
    ::close(ends[0]);
    return started;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_temporary_cluster)

BOOST_AUTO_TEST_CASE(a_cluster_serves_over_its_socket_and_over_tcp_and_vanishes) {
    std::string folder;
    {
        temporary_cluster const server;
        folder = server.directory();
        BOOST_TEST(fs::exists(folder));
        for (auto const& dsn : {server.dsn(), server.tcp_dsn()}) {
            std::vector<std::string> values;
            run(fetch_settings(dsn, values));
            BOOST_TEST(values.size() == 3u);
        }
    }
    BOOST_TEST(!fs::exists(folder));
}

BOOST_AUTO_TEST_CASE(settings_reach_the_server) {
    temporary_cluster const server{cluster_options{}.setting("work_mem", "7MB")};
    std::vector<std::string> values;
    run(fetch_settings(server.dsn(), values));
    BOOST_TEST(values == (std::vector<std::string>{"7MB", "off", "UTF8"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_setting_that_the_server_refuses_is_an_error_with_its_log) {
    BOOST_CHECK_EXCEPTION(temporary_cluster{cluster_options{}.setting("no_such_setting", "1")},
                          copg::error,
                          [](copg::error const& e) {
                              return std::string{e.what()}.find("no_such_setting") !=
                                     std::string::npos;
                          });
}

BOOST_AUTO_TEST_CASE(a_stopped_cluster_starts_again_on_its_port) {
    temporary_cluster server;
    auto const dsn = server.tcp_dsn();
    server.stop();
    std::vector<std::string> values;
    BOOST_CHECK_THROW(run(fetch_settings(dsn, values)), copg::error);
    server.start();
    run(fetch_settings(dsn, values));
    BOOST_TEST(values.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_standby_follows_its_primary_and_takes_writes_once_it_is_promoted) {
    temporary_cluster primary;
    temporary_cluster standby{cluster_options{}.standby_of(primary)};
    auto const body = [&]() -> asio::awaitable<void> {
        auto first = co_await copg::connection::connect(primary.dsn().c_str());
        auto second = co_await copg::connection::connect(standby.tcp_dsn().c_str());
        co_await first.execute("create table seen (id int)");
        auto const there = [&] {
            return second.exists("select from pg_class where relname = 'seen'");
        };
        co_await eventually_answers(there);
        auto const refused = co_await end_of(second.execute("insert into seen values (1)"));
        BOOST_TEST((refused.code == copg::sqlstate::read_only_sql_transaction));
        primary.stop();
        standby.promote();
        co_await second.execute("insert into seen values (1)");
    };
    run(body());
}

BOOST_AUTO_TEST_CASE(promoting_what_is_no_standby_is_an_error) {
    temporary_cluster primary;
    BOOST_CHECK_THROW(primary.promote(), copg::error);
}

BOOST_AUTO_TEST_CASE(every_installed_version_from_13_to_18_is_found_newest_first) {
    auto const found = copg::testing::find_servers();
    BOOST_TEST_REQUIRE(!found.empty());
    for (std::size_t i = 0; i < found.size(); ++i) {
        BOOST_TEST((found[i].version >= 13 && found[i].version <= 18));
        BOOST_TEST((i == 0 || found[i].version <= found[i - 1].version));
        BOOST_TEST(fs::exists(fs::path{found[i].directory} / "initdb"));
    }
}

BOOST_AUTO_TEST_CASE(a_killed_process_leaves_neither_server_nor_folder) {
    for (auto const signal : {SIGKILL, SIGINT}) {
        auto const started = start_holder();
        for (auto const& folder : started.folders)
            BOOST_TEST_REQUIRE(fs::exists(folder));
        ::kill(started.process, signal);
        ::waitpid(started.process, nullptr, 0);
        for (auto const& folder : started.folders)
            run(eventually([&] { return !fs::exists(folder); }));
    }
}

BOOST_AUTO_TEST_SUITE_END()
