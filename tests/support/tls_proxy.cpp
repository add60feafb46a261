// SPDX-License-Identifier: BSL-1.0
#include "support/tls_proxy.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <atomic>
#include <thread>
#include <utility>

namespace copg::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t record_size = 16'384;
constexpr std::size_t request_size = 8; // SSLRequest

} // namespace

class tls_proxy::impl {
public:
    impl(unsigned short server_port, certificate const& identity)
        : server{asio::ip::address_v4::loopback(), server_port},
          acceptor{loop, tcp::endpoint{asio::ip::address_v4::loopback(), 0}} {
        context.use_certificate_file(identity.file, asio::ssl::context::pem);
        context.use_private_key_file(identity.key_file, asio::ssl::context::pem);
        asio::co_spawn(loop, accept(this), asio::detached);
        thread = std::thread{[this] { loop.run(); }};
    }
    ~impl() {
        loop.stop();
        thread.join();
    }

    struct link {
        link(tcp::socket accepted, asio::ssl::context& context)
            : client{std::move(accepted), context}, backend{client.get_executor()} {}

        void close() {
            boost::system::error_code ignored;
            client.next_layer().close(ignored);
            backend.close(ignored);
        }

        asio::ssl::stream<tcp::socket> client;
        tcp::socket backend;
    };

    static asio::awaitable<void> accept(impl* self) {
        while (true) {
            auto socket = co_await self->acceptor.async_accept(asio::use_awaitable);
            auto const pair = std::make_shared<link>(std::move(socket), self->context);
            asio::co_spawn(self->loop, serve(self, pair), asio::detached);
        }
    }

    static asio::awaitable<void> serve(impl* self, std::shared_ptr<link> pair) {
        std::array<char, request_size> request;
        try {
            co_await asio::async_read(
                pair->client.next_layer(), asio::buffer(request), asio::use_awaitable);
            co_await asio::async_write(
                pair->client.next_layer(), asio::buffer("S", 1), asio::use_awaitable);
            co_await pair->client.async_handshake(asio::ssl::stream_base::server,
                                                  asio::use_awaitable);
            co_await pair->backend.async_connect(self->server, asio::use_awaitable);
        } catch (boost::system::system_error const&) {
            co_return;
        }
        asio::co_spawn(self->loop, pass_questions(pair), asio::detached);
        asio::co_spawn(self->loop, pass_answers(self, pair), asio::detached);
    }

    static asio::awaitable<void> pass_questions(std::shared_ptr<link> pair) {
        std::array<char, record_size> buffer;
        try {
            while (true) {
                auto const size = co_await pair->client.async_read_some(asio::buffer(buffer),
                                                                        asio::use_awaitable);
                co_await asio::async_write(
                    pair->backend, asio::buffer(buffer, size), asio::use_awaitable);
            }
        } catch (boost::system::system_error const&) {
        }
        pair->close();
    }

    static asio::awaitable<void> pass_answers(impl* self, std::shared_ptr<link> pair) {
        std::array<char, record_size> buffer;
        try {
            while (true) {
                auto size = co_await pair->backend.async_read_some(asio::buffer(buffer),
                                                                   asio::use_awaitable);
                while (size < record_size && pair->backend.available() > 0)
                    size += pair->backend.read_some(asio::buffer(buffer) + size);
                self->full += size == record_size;
                co_await asio::async_write(
                    pair->client, asio::buffer(buffer, size), asio::use_awaitable);
            }
        } catch (boost::system::system_error const&) {
        }
        pair->close();
    }

    asio::io_context loop{1};
    asio::ssl::context context{asio::ssl::context::tls_server};
    tcp::endpoint const server;
    tcp::acceptor acceptor;
    std::thread thread;
    std::atomic<std::uint64_t> full = 0;
};

tls_proxy::tls_proxy(unsigned short server_port, certificate const& identity)
    : impl_{std::make_unique<impl>(server_port, identity)} {}

tls_proxy::~tls_proxy() = default;

unsigned short tls_proxy::port() const noexcept {
    return impl_->acceptor.local_endpoint().port();
}

std::uint64_t tls_proxy::full_records() const noexcept {
    return impl_->full;
}

} // namespace copg::test
