// SPDX-License-Identifier: BSL-1.0
// Two tenants on one database: each sees its own schema over shared connections, and a transaction
// that fails half-way leaves nothing behind.
// Needs: a server whose connection string is the first argument; makes and drops the schemas
// tenant_acme and tenant_beta there.
#include <copg/copg.hpp>

#include <boost/asio.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace asio = boost::asio;

struct account {
    int id;
    std::string owner;
    std::int64_t balance;
};

/// Takes no connection and no transaction: it joins whatever its caller is in.
asio::awaitable<void> deposit(copg::database db, int id, std::int64_t amount) {
    auto const changed =
        co_await db.execute("update account set balance = balance + $1 where id = $2", amount, id);
    if (changed.rows_affected == 0)
        throw std::runtime_error{"no such account: " + std::to_string(id)};
}

asio::awaitable<void> transfer(copg::database db, int from, int to, std::int64_t amount) {
    auto const body = [&]() -> asio::awaitable<void> {
        co_await deposit(db, from, -amount);
        co_await deposit(db, to, amount);
    };
    co_await copg::transaction(db, body);
}

asio::awaitable<void> print(copg::database db, std::string tenant) {
    auto const accounts =
        co_await db.fetch<account>("select id, owner, balance from account order by id");
    for (auto const& a : accounts)
        std::cout << tenant << ": " << a.id << ' ' << a.owner << ' ' << a.balance << '\n';
}

asio::awaitable<void> make_schema(copg::pool pool, std::string schema, std::string owner) {
    auto admin = co_await pool.acquire();
    co_await admin.execute("drop schema if exists " + copg::quote_identifier(schema) + " cascade");
    co_await admin.execute("create schema " + copg::quote_identifier(schema));
    auto tenant = co_await pool.acquire(schema);
    co_await tenant.execute("create table account (id int primary key, owner text not null, "
                            "balance bigint not null check (balance >= 0))");
    co_await tenant.execute("insert into account values (1, $1, 100), (2, $1, 0)", owner);
}

asio::awaitable<void> run(std::string dsn) {
    copg::manager manager{co_await asio::this_coro::executor};
    auto const pool = co_await manager.dsn_pool(dsn);
    co_await make_schema(pool, "tenant_acme", "Ada");
    co_await make_schema(pool, "tenant_beta", "Bob");

    manager.set_tenant("acme", {.dsn = dsn, .schema = "tenant_acme"});
    manager.set_tenant("beta", {.dsn = dsn, .schema = "tenant_beta"});
    auto const acme = manager.tenant("acme");
    auto const beta = manager.tenant("beta");

    co_await transfer(acme, 1, 2, 30);
    try {
        co_await transfer(beta, 1, 7, 50); // takes from 1, finds no 7, and rolls back
    } catch (std::runtime_error const& e) {
        std::cout << "beta: " << e.what() << ", rolled back\n";
    }
    co_await print(acme, "acme");
    co_await print(beta, "beta");

    auto admin = co_await pool.acquire();
    co_await admin.execute("drop schema tenant_acme cascade");
    co_await admin.execute("drop schema tenant_beta cascade");
    std::cout << "connections opened: " << pool.statistics().connected << '\n';
}

int main(int argc, char** argv) {
    asio::io_context loop;
    asio::co_spawn(loop, run(argc > 1 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
