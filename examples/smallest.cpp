// SPDX-License-Identifier: BSL-1.0
// The smallest complete program: one statement for one tenant.
// Needs: a server whose connection string is the first argument.
#include <copg/copg.hpp>

#include <boost/asio.hpp>

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> greet(std::string dsn) {
    copg::manager manager{co_await asio::this_coro::executor};
    manager.set_tenant("acme", {.dsn = dsn, .schema = "public"});

    auto acme = manager.tenant("acme"); // a value: pool, schema and tenant id
    auto greeting = co_await acme.fetch_one<std::string>(
        "select 'hello, ' || current_setting('app.current_tenant')");
    std::cout << greeting << '\n';
}

int main(int argc, char** argv) {
    asio::io_context loop;
    asio::co_spawn(loop, greet(argc > 1 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
