// SPDX-License-Identifier: BSL-1.0
// A statement, a lease, a pool and a transaction: the part between the marks is in README.md.
// Needs: a server whose connection string is the first argument; makes and drops the schema
// tenant_acme there.
#include <copg/copg.hpp>

#include <boost/asio.hpp>

#include <iostream>

namespace asio = boost::asio;

struct user {
    int id;
    std::string name;
};

/// Knows nothing of tenants and transactions.
class audit {
public:
    explicit audit(copg::manager routes) : routes_{std::move(routes)} {}

    asio::awaitable<void> log(std::string what) {
        co_await routes_.tenant("acme").execute("insert into audit values ($1)", what);
    }

private:
    copg::manager routes_;
};

asio::awaitable<void> make_tables(copg::manager manager, std::string dsn) {
    manager.set_named("admin", {.dsn = dsn});
    auto admin = manager.named("admin");
    co_await admin.execute("drop schema if exists tenant_acme cascade");
    co_await admin.execute("create schema tenant_acme");
    manager.set_tenant("acme", {.dsn = dsn, .schema = "tenant_acme"});
    auto acme = manager.tenant("acme");
    co_await acme.execute("create table users (id int primary key, name text, age int)");
    co_await acme.execute("create table audit (what text)");
    co_await acme.execute("insert into users values (1, 'Ada', 36), (2, 'Bob', 17)");
}

asio::awaitable<void> tour(std::string dsn) {
    copg::manager manager{co_await asio::this_coro::executor};
    co_await make_tables(manager, dsn);
    audit audit{manager};

    // [tour]
    manager.set_tenant("acme", {.dsn = dsn, .schema = "tenant_acme"});

    // One statement: joins the coroutine's transaction if there is one, else borrows a connection.
    auto acme = manager.tenant("acme");
    auto users = co_await acme.fetch<user>("select id, name from users where age > $1", 17);

    // One connection, exclusively, until the lease is released or gone.
    auto lease = co_await manager.acquire_tenant("acme");
    co_await lease.execute("update users set name = $1 where id = $2", "Eve", 2);
    lease.release();

    // A pool: fair between tenants, with a timeout, cancellable.
    auto pool = co_await manager.dsn_pool(dsn);
    auto other = co_await pool.acquire("tenant_acme");

    // A transaction: begun with its first statement, joined by every handle of this tenant inside.
    auto const body = [&]() -> asio::awaitable<void> {
        co_await acme.execute("delete from users where id = $1", 1);
        co_await audit.log("deleted 1"); // takes no transaction argument
    };
    co_await copg::transaction(acme, body);
    // [tour]

    auto const left = co_await other.fetch_one<std::string>(
        "select string_agg(name, ',') || ' ' || (select what from audit) from users");
    std::cout << users.size() << ' ' << left << '\n';
    other.release();
    co_await manager.named("admin").execute("drop schema tenant_acme cascade");
}

int main(int argc, char** argv) {
    asio::io_context loop;
    asio::co_spawn(loop, tour(argc > 1 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
