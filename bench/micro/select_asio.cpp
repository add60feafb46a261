// SPDX-License-Identifier: BSL-1.0
// The least that Asio leaves to win: plain libpq in a coroutine that waits for the socket.
#include "micro/cases.hpp"
#include "micro/item.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <unistd.h>
#include <utility>

namespace copg::micro {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> select(plain_connection& on,
                             asio::posix::stream_descriptor& socket,
                             std::size_t count,
                             std::size_t rows,
                             double& sum) {
    for (std::size_t i = 0; i < count; ++i) {
        send_select(on, id_of(i, rows));
        on.sync();
        on.flush();
        while (PQisBusy(on.get()) == 1) {
            co_await socket.async_wait(asio::posix::stream_descriptor::wait_read,
                                       asio::use_awaitable);
            on.check(PQconsumeInput(on.get()));
        }
        sum += static_cast<double>(receive_number(on));
        on.skip_to_sync();
    }
}

/// A connection whose socket, a duplicate, belongs to a loop.
class waiting_connection {
public:
    explicit waiting_connection(std::string const& dsn) : on_{prepared_select(dsn)} {
        on_->enter_pipeline();
    }

    void run(std::size_t count, std::size_t rows, double& sum) {
        std::exception_ptr failure;
        loop_.restart();
        asio::co_spawn(loop_,
                       select(*on_, socket_, count, rows, sum),
                       [&](std::exception_ptr ended) { failure = std::move(ended); });
        loop_.run();
        if (failure)
            std::rethrow_exception(failure);
    }

private:
    std::shared_ptr<plain_connection> on_;
    asio::io_context loop_{1};
    asio::posix::stream_descriptor socket_{loop_, ::dup(PQsocket(on_->get()))};
};

} // namespace

side asio_select(std::string const& dsn, std::size_t rows, std::shared_ptr<double> const& sum) {
    auto const on = std::make_shared<waiting_connection>(dsn);
    return [=](std::size_t count) { on->run(count, rows, *sum = 0); };
}

} // namespace copg::micro
