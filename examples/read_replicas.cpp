// SPDX-License-Identifier: BSL-1.0
// Reads from standbys, writes to the primary, through a failover: the parts between the marks are
// in docs/guide/read-replicas.md. Needs: a connection string that names all nodes of a primary and
// its standbys as the first argument, and a database to write to.
#include <copg/copg.hpp>

#include <boost/asio.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

struct item {
    int id;
    std::string name;
};

asio::awaitable<void> use(std::string dsn) {
    auto executor = co_await asio::this_coro::executor;
    // [set]
    copg::replica_options options;
    options.maximum_lag = 10s; // who is further behind gets no reads
    copg::pool_options pools;
    pools.maximum = 20;
    copg::replica_set shop{executor, dsn, copg::session{"public"}, pools, options};
    co_await shop.check(); // else the first reads go to the primary
    // [set]

    // [use]
    auto primary = shop.primary();
    co_await primary.execute("insert into item values ($1, $2)", 1, "chair");

    auto reads = shop.reads();
    auto items = co_await reads.fetch<item>("select id, name from item"); // soon with the chair

    auto const rename = [&]() -> asio::awaitable<std::string> {
        co_await primary.execute("update item set name = $1 where id = $2", "stool", 1);
        auto name = co_await reads.fetch_one<std::string>("select name from item where id = 1");
        co_return name; // "stool": inside a transaction of the primary, reads join it
    };
    auto name = co_await copg::transaction(primary, rename);
    // [use]
    std::cout << (items.size() <= 1) << ' ' << name << '\n';

    // [status]
    for (auto const& node : shop.status()) {
        std::cout << to_string(node.role) << ' ' << to_string(node.health);
        if (node.lag)
            std::cout << ", " << *node.lag / 1s << " s late";
        std::cout << '\n';
    }
    // [status]
}

asio::awaitable<void> spread(std::string dsn) {
    auto executor = co_await asio::this_coro::executor;
    // [balanced]
    copg::pool_options options;
    options.retry.attempts = 1; // a node that is away says so at once
    copg::database const near{copg::pool{executor, dsn, options}};
    copg::database const far{copg::pool{executor, dsn, options}};
    copg::balanced const both{{{near, 3}, far}}; // three statements of four go to the first
    auto answer = co_await both.fetch_one<int>("select 42");
    // [balanced]
    std::cout << answer << '\n';
}

asio::awaitable<void> show(std::string dsn) {
    auto executor = co_await asio::this_coro::executor;
    copg::replica_set const setup{executor, dsn};
    co_await setup.primary().execute("create table item (id int primary key, name text)");
    co_await setup.check();
    auto there = false;
    while (!there) { // the standby follows soon
        auto const seen =
            co_await setup.reads().exists("select from pg_class where relname = 'item'");
        there = seen;
    }
    co_await use(dsn);
    co_await spread(dsn);
}

} // namespace

int main(int argc, char** argv) {
    asio::io_context loop;
    asio::co_spawn(loop, show(argc > 1 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
