// SPDX-License-Identifier: BSL-1.0
// Many tenants in the tables of one schema: row security keeps them apart, and the tenant's id
// travels with every statement.
// Needs: a server whose connection string is the first argument, as a superuser; makes and drops
// the table shop_order and the role shop_app there.
#include <copg/copg.hpp>

#include <boost/asio.hpp>

#include <iostream>
#include <string>

namespace asio = boost::asio;

// [policy]
constexpr char const* set_up = R"(
    create table shop_order (tenant text not null, item text not null);
    alter table shop_order enable row level security;
    create policy own_rows on shop_order
        using (tenant = nullif(current_setting('app.current_tenant', true), ''));
    create role shop_app;
    grant select, insert on shop_order to shop_app;
)";
// [policy]

asio::awaitable<void> order(copg::database db, std::string item) {
    co_await db.execute("insert into shop_order values (current_setting('app.current_tenant'), $1)",
                        item);
}

asio::awaitable<void> run(std::string dsn) {
    copg::manager manager{co_await asio::this_coro::executor};
    manager.set_named("admin", {.dsn = dsn});
    auto const admin = manager.named("admin");
    co_await admin.execute_script(set_up);

    // [tenants]
    for (auto const* id : {"acme", "beta"})
        manager.set_tenant(id, {.dsn = dsn, .role = "shop_app"});
    auto const acme = manager.tenant("acme");
    auto const beta = manager.tenant("beta");
    co_await order(acme, "anvil");
    co_await order(beta, "rocket");
    auto const seen = co_await acme.fetch_one<std::string>("select string_agg(item, ', ') "
                                                           "from shop_order");
    // [tenants]
    auto const all = co_await admin.fetch_one<std::string>(
        "select string_agg(item, ', ' order by item) from shop_order");
    std::cout << "acme sees " << seen << ", the owner of the table sees " << all << '\n';
    co_await admin.execute_script("drop table shop_order; drop role shop_app");
}

int main(int argc, char** argv) {
    asio::io_context loop;
    asio::co_spawn(loop, run(argc > 1 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
