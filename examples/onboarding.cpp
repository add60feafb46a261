// SPDX-License-Identifier: BSL-1.0
// A tenant comes, moves to another schema and goes, while the server runs.
// Needs: a server whose connection string is the first argument; makes and drops the schemas
// tenant_acme and tenant_acme_2 there.
#include <copg/copg.hpp>

#include <boost/asio.hpp>

#include <iostream>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;

// [set_up]
/// What every tenant needs. One transaction: a tenant is there with all of it, or not at all.
asio::awaitable<void> make_tables(copg::lease& held, std::string schema) {
    auto const name = copg::quote_identifier(schema);
    co_await held.execute_script("begin;"
                                 "create schema " +
                                 name +
                                 ";"
                                 "create table " +
                                 name +
                                 ".account (id int primary key);"
                                 "commit;");
}

asio::awaitable<void>
onboard(copg::manager& manager, std::string const& id, copg::target const& where) {
    auto const set_up = [schema = where.schema](copg::lease& held) {
        return make_tables(held, schema);
    };
    return manager.onboard_tenant(id, where, set_up);
}
// [set_up]

asio::awaitable<void> run(std::string dsn) {
    copg::manager manager{co_await asio::this_coro::executor};
    copg::target const first{.dsn = dsn, .schema = "tenant_acme"};
    co_await onboard(manager, "acme", first);
    co_await manager.tenant("acme").execute("insert into account values (1), (2)");
    try {
        co_await onboard(manager, "beta", first); // the schema is there already
    } catch (copg::sql_error const& e) {
        std::cout << "refused: " << e.what() << '\n';
    }

    // [move]
    auto const script = "create schema tenant_acme_2;"
                        "create table tenant_acme_2.account as table account";
    co_await manager.tenant("acme").execute_script(script);
    copg::target const second{.dsn = dsn, .schema = "tenant_acme_2"};
    auto const moved = co_await manager.migrate_tenant("acme", second, 5s);
    if (!moved.in_use.empty())
        std::cout << moved.in_use.size() << " leases are still on the former schema\n";
    // [move]
    auto const rows =
        co_await manager.tenant("acme").fetch_one<std::int64_t>("select count(*) from account");
    std::cout << "moved with " << rows << " accounts\n";

    // [go]
    auto const gone = co_await manager.offboard_tenant("acme", 5s);
    if (gone.was_there && gone.in_use.empty())
        std::cout << "nothing of acme is in use any more\n";
    // [go]
    auto const pool = co_await manager.dsn_pool(dsn);
    auto admin = co_await pool.acquire();
    co_await admin.execute_script("drop schema tenant_acme cascade;"
                                  "drop schema tenant_acme_2 cascade");
}

int main(int argc, char** argv) {
    asio::io_context loop;
    asio::co_spawn(loop, run(argc > 1 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
