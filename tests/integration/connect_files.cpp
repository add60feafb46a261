// SPDX-License-Identifier: BSL-1.0
// Service and password files, read by libpq as ever, but not on the loop.
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/name_server.hpp"
#include "support/recorder.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/driver/connection.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace copg::test;
using copg::connection;
using copg::errc;
using copg::sqlstate;

namespace {

namespace fs = std::filesystem;

/// Files in a folder of their own, and environment variables, for as long as it lives.
class environment_files {
public:
    environment_files() {
        auto pattern = fs::temp_directory_path().string() + "/copg-files-XXXXXX";
        BOOST_TEST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        folder_ = pattern;
    }
    environment_files(environment_files const&) = delete;
    environment_files& operator=(environment_files const&) = delete;
    ~environment_files() {
        for (auto const& name : variables_)
            ::unsetenv(name.c_str());
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    std::string write(std::string const& name, std::string const& content) const {
        auto const path = folder_ + "/" + name;
        std::ofstream{path} << content;
        fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
        return path;
    }
    void set(std::string const& variable, std::string const& value) {
        ::setenv(variable.c_str(), value.c_str(), 1);
        variables_.push_back(variable);
    }
    void write_services(std::string const& content) {
        set("PGSERVICEFILE", write("services", content));
    }

private:
    std::string folder_;
    std::vector<std::string> variables_;
};

copg::testing::temporary_cluster const& strict_server() {
    static copg::testing::temporary_cluster const server{
        copg::testing::cluster_options{}.access_rule("host all app 127.0.0.1/32 scram-sha-256")};
    static auto const made = [] {
        auto const body = []() -> asio::awaitable<void> {
            auto admin = co_await connection::connect(server.dsn().c_str());
            co_await admin.execute("create user app password 'right'");
        };
        run(body());
        return true;
    }();
    BOOST_TEST_REQUIRE(made);
    return server;
}

asio::awaitable<std::string> user_of(std::string dsn) {
    auto c = co_await connection::connect(dsn.c_str());
    auto user = co_await c.fetch_one<std::string>("select current_user::text");
    co_return user;
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_connect_files)

COPG_COROUTINE_TEST(a_service_names_the_host_which_is_looked_up_off_the_loop) {
    environment_files files;
    name_server names;
    names.set("service.test", {"127.0.0.1"});
    files.write_services(fmt::format("[shop]\nhost=service.test\nport={}\nuser=app\n"
                                     "dbname=postgres\npassword=right\n",
                                     strict_server().port()));
    auto const user = co_await user_of("service=shop");
    BOOST_TEST(user == "app");
    // Once by us; libpq, which was given the address, had nothing to look up.
    BOOST_TEST(names.lookups("service.test") == 1);
}

COPG_COROUTINE_TEST(the_text_wins_over_the_service_and_the_service_over_the_environment) {
    environment_files files;
    files.write_services(fmt::format("[shop]\nhost=127.0.0.1\nport={}\nuser=nobody_here\n"
                                     "dbname=postgres\napplication_name=of_the_service\n"
                                     "target_session_attrs=read-write\n",
                                     strict_server().port()));
    files.set("PGAPPNAME", "of_the_environment");
    files.set("PGSERVICE", "shop");
    files.set("PGPASSWORD", "right");
    auto c = co_await connection::connect("user=app");
    auto const user = co_await c.fetch_one<std::string>("select current_user::text");
    BOOST_TEST(user == "app");
    auto const name =
        co_await c.fetch_one<std::string>("select current_setting('application_name')");
    BOOST_TEST(name == "of_the_service");
}

COPG_COROUTINE_TEST(target_session_attrs_of_a_service_are_heeded) {
    environment_files files;
    files.write_services(fmt::format("[s]\nhost=127.0.0.1\nport={}\nuser=postgres\n"
                                     "dbname=postgres\ntarget_session_attrs=standby\n",
                                     cluster().port()));
    auto const end = co_await end_of(connection::connect("service=s"));
    BOOST_TEST((end.code == errc::connect_failed));
    auto c = co_await connection::connect("service=s target_session_attrs=any");
    co_await c.ping();
}

COPG_COROUTINE_TEST(a_missing_service_or_a_value_without_sense_is_invalid_dsn_with_the_cause) {
    environment_files files;
    files.write_services("[shop]\nhost=127.0.0.1\nsslmode=nonsense\n");
    auto const missing = co_await end_of(connection::connect("service=nowhere password=s3cret"));
    BOOST_TEST((missing.code == errc::invalid_dsn));
    BOOST_TEST(missing.message.find("nowhere") != std::string::npos, missing.message);
    BOOST_TEST(missing.message.find("s3cret") == std::string::npos);
    auto const senseless = co_await end_of(connection::connect("service=shop"));
    BOOST_TEST((senseless.code == errc::invalid_dsn));
    BOOST_TEST(senseless.message.find("sslmode") != std::string::npos, senseless.message);
}

COPG_COROUTINE_TEST(a_password_file_serves_a_name_an_address_and_a_service) {
    environment_files files;
    name_server names;
    names.set("db.test", {"127.0.0.1"});
    auto const port = strict_server().port();
    files.write_services(
        fmt::format("[shop]\nhost=db.test\nport={}\nuser=app\ndbname=postgres\n", port));
    auto const passwords = files.write("passwords",
                                       fmt::format("db.test:{0}:postgres:app:right\n"
                                                   "127.0.0.1:{0}:postgres:app:right\n",
                                                   port));
    auto const dsn = fmt::format("host=db.test port={} user=app dbname=postgres", port);
    auto const refused = co_await end_of(connection::connect(dsn.c_str()));
    BOOST_TEST((refused.code == errc::connect_failed), refused.message); // no password at all
    auto const by_keyword = co_await user_of(dsn + " passfile=" + passwords);
    BOOST_TEST(by_keyword == "app");
    files.set("PGPASSFILE", passwords);
    auto const by_name = co_await user_of(dsn);
    BOOST_TEST(by_name == "app");
    auto const by_address =
        co_await user_of(fmt::format("host=127.0.0.1 port={} user=app dbname=postgres", port));
    BOOST_TEST(by_address == "app");
    auto const by_service = co_await user_of("service=shop");
    BOOST_TEST(by_service == "app");
}

COPG_COROUTINE_TEST(a_password_from_a_file_shows_nowhere) {
    environment_files files;
    files.write_services(fmt::format("[shop]\nhost=127.0.0.1\nport={}\nuser=app\n"
                                     "dbname=postgres\npassword=s3cret\n",
                                     strict_server().port()));
    auto const seen = std::make_shared<recorder>();
    copg::connect_options options{"service=shop"};
    options.observer(seen);
    auto const end = co_await end_of(connection::connect(options));
    BOOST_TEST((end.code == sqlstate::invalid_password));
    BOOST_TEST(end.message.find("s3cret") == std::string::npos);
    BOOST_TEST(seen->targets.at(0).find("s3cret") == std::string::npos);
    files.set("PGPASSFILE", files.write("passwords", "*:*:*:app:wr0ng\n"));
    auto const dsn =
        fmt::format("host=127.0.0.1 port={} user=app dbname=postgres", strict_server().port());
    auto const of_file = co_await end_of(connection::connect(dsn.c_str()));
    BOOST_TEST((of_file.code == sqlstate::invalid_password));
    BOOST_TEST(of_file.message.find("wr0ng") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
