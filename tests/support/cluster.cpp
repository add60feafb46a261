// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"

#include "support/coroutine_test.hpp"

#include <fmt/format.h>

#include <atomic>

namespace copg::test {
namespace {

asio::awaitable<void> execute_all(std::string dsn, std::vector<std::string> statements) {
    auto connection = co_await connection::connect(dsn.c_str());
    for (auto const& sql : statements)
        co_await connection.execute(sql);
}

asio::awaitable<void> fetch_text(std::string dsn, std::string sql, std::string& text) {
    auto connection = co_await connection::connect(dsn.c_str());
    auto fetched = co_await connection.fetch_first<std::string>(sql);
    text = std::move(fetched);
}

} // namespace

testing::temporary_cluster& cluster() {
    static testing::temporary_cluster instance;
    return instance;
}

scratch_database::scratch_database(testing::temporary_cluster& server) : server_{server} {
    static std::atomic<int> last = 0;
    name_ = fmt::format("scratch_{}", ++last);
    run(execute_all(server_.dsn(), {"create database " + name_}));
}

scratch_database::~scratch_database() {
    try {
        run(execute_all(server_.dsn(), {"drop database " + name_ + " with (force)"}));
    } catch (std::exception const& e) {
        BOOST_TEST_MESSAGE("dropping " << name_ << ": " << e.what());
    }
}

void scratch_database::execute(std::initializer_list<char const*> statements) const {
    run(execute_all(dsn(), {statements.begin(), statements.end()}));
}

std::string scratch_database::text(std::string const& sql) const {
    std::string text;
    run(fetch_text(dsn(), sql, text));
    return text;
}

void make_two_tenants(scratch_database const& database) {
    database.execute({
        "create schema a",
        "create schema b",
        "create table a.item (id int primary key, owner text not null)",
        "create table b.item (id int primary key, owner text not null)",
        "insert into a.item select i, 'a' from generate_series(1, 10) i",
        "insert into b.item select i, 'b' from generate_series(1, 10) i",
    });
}

} // namespace copg::test
