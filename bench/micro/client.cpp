// SPDX-License-Identifier: BSL-1.0
#include "micro/client.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace copg::micro {

client::client(std::string const& dsn, session bound_to) {
    finish(connect(connect_options{dsn}, std::move(bound_to)));
}

asio::awaitable<void> client::connect(connect_options options, session bound_to) {
    auto made = co_await connection::connect(std::move(options), std::move(bound_to));
    connection_.emplace(std::move(made));
}

void client::finish(asio::awaitable<void> body) {
    std::exception_ptr failure;
    loop_.restart();
    asio::co_spawn(loop_, std::move(body), [&](std::exception_ptr ended) {
        failure = std::move(ended);
        loop_.stop(); // the connection's read wait would keep it running
    });
    loop_.run();
    if (failure)
        std::rethrow_exception(failure);
}

} // namespace copg::micro
