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
    create role shop_app nobypassrls;
    create table shop_order (
        tenant text not null default nullif(current_setting('app.current_tenant', true), ''),
        item text not null
    );
    alter table shop_order owner to shop_app;
    alter table shop_order enable row level security;
    alter table shop_order force row level security; -- for its owner too
    create policy own_rows on shop_order
        using (tenant = nullif(current_setting('app.current_tenant', true), ''))
        with check (tenant = nullif(current_setting('app.current_tenant', true), ''));
)";
// [policy]

asio::awaitable<void> order(copg::database db, std::string item) {
    co_await db.execute("insert into shop_order (item) values ($1)", item);
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
    auto refused = false;
    try {
        co_await acme.execute("insert into shop_order values ('beta', 'a forgery')");
    } catch (copg::sql_error const& e) {
        refused = e.code() == copg::sqlstate::insufficient_privilege;
    }
    // [tenants]
    auto const all = co_await admin.fetch_one<std::string>(
        "select string_agg(item, ', ' order by item) from shop_order");
    std::cout << "acme sees " << seen << ", a superuser sees " << all << '\n'
              << (refused ? "a forgery was refused\n" : "a forgery was let in\n");
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
