// SPDX-License-Identifier: BSL-1.0
// Named pools from a configuration file.
// Needs: a server whose connection string is the first argument, and configured.yaml as the second.
#include <copg/config/apply.hpp>
#include <copg/config/load.hpp>
#include <copg/copg.hpp>

#include <boost/asio.hpp>

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> run(std::string dsn, std::string file) {
    copg::config::load_options options;
    options.prefix = "SHOP"; // SHOP_DBPOOL_DEFINITIONS_SHOP_MAX_CONNS=8 goes before the file
    options.environment["SHOP_DSN"] = std::move(dsn);
    auto const settings = copg::config::require_files({file}, options);

    // [register]
    auto const executor = co_await asio::this_coro::executor;
    copg::manager manager{executor, copg::config::manager_options_of(settings)};
    copg::config::apply(settings, manager);
    auto const shop = manager.named("shop");
    // [register]
    auto const schema = co_await shop.fetch_one<std::string>("select current_schema()");
    std::cout << "schema " << schema << '\n';
}

int main(int argc, char** argv) {
    asio::io_context loop;
    std::string const file = argc > 2 ? argv[2] : "examples/configured.yaml";
    asio::co_spawn(loop, run(argc > 1 ? argv[1] : "", file), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
