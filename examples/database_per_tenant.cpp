// SPDX-License-Identifier: BSL-1.0
// One database for each tenant: every tenant has a pool of its own, and one bound holds for all.
// Needs: a server whose connection string is the first argument, as a superuser; makes and drops
// the databases shop_acme, shop_beta and shop_gamma there.
#include <copg/copg.hpp>

#include <boost/asio.hpp>

#include <iostream>
#include <string>

namespace asio = boost::asio;

constexpr char const* tenants[] = {"acme", "beta", "gamma"};

std::string dsn_of(std::string const& server, std::string const& tenant) {
    copg::dsn_builder target{copg::dsn{server}};
    return target.database("shop_" + tenant).build().canonical_key();
}

// [bounded]
copg::manager_options bounded() {
    copg::manager_options options;
    options.pools.maximum = 5;                          // of each tenant
    options.pools.idle_time = std::chrono::seconds{30}; // a quiet tenant costs nothing
    options.maximum_connections = 8;                    // of all tenants together
    return options;
}
// [bounded]

asio::awaitable<void> create(copg::database admin) {
    for (std::string const tenant : tenants)
        co_await admin.execute("create database shop_" + tenant);
}

asio::awaitable<void> drop(copg::database admin) {
    for (std::string const tenant : tenants)
        co_await admin.execute("drop database if exists shop_" + tenant + " with (force)");
}

asio::awaitable<void> run(std::string server) {
    auto const executor = co_await asio::this_coro::executor;
    copg::manager manager{executor, bounded()};
    manager.set_named("admin", {.dsn = server});
    co_await drop(manager.named("admin"));
    co_await create(manager.named("admin"));

    // [use]
    for (auto const* tenant : tenants)
        manager.set_tenant(tenant, {.dsn = dsn_of(server, tenant)});
    for (auto const* tenant : tenants) {
        auto const db = manager.tenant(tenant);
        auto const name = co_await db.fetch_one<std::string>("select current_database()::text");
        std::cout << tenant << " is in " << name << '\n';
    }
    // [use]
    auto const now = manager.statistics();
    std::cout << now.pools.size() << " pools, at most " << now.maximum_connections
              << " connections\n";
    for (auto const* tenant : tenants)
        manager.remove_tenant(tenant);
    co_await drop(manager.named("admin"));
}

int main(int argc, char** argv) {
    asio::io_context loop;
    asio::co_spawn(loop, run(argc > 1 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
