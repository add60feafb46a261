// SPDX-License-Identifier: BSL-1.0
#include "support/canned_server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace copg::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

std::uint32_t number_at(char const* bytes) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i)
        value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

std::string bytes_of(std::uint32_t value) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes += static_cast<char>(value >> shift & 0xFF);
    return bytes;
}

/// A packet without a type byte: its content without the length; empty when it makes no sense, as
/// the beginning of a TLS handshake does.
asio::awaitable<std::string> read_packet(tcp::socket& client) {
    std::array<char, 4> length;
    co_await asio::async_read(client, asio::buffer(length), asio::use_awaitable);
    constexpr std::uint32_t longest = 10'000;
    auto const size = number_at(length.data());
    if (size < length.size() || size > longest)
        co_return std::string{};
    std::string content(size - length.size(), '\0');
    co_await asio::async_read(client, asio::buffer(content), asio::use_awaitable);
    co_return content;
}

// Version, then names and values, each ended by a NUL.
std::map<std::string, std::string> parameters_in(std::string_view startup) {
    std::map<std::string, std::string> found;
    startup.remove_prefix(4);
    auto const next = [&startup] {
        auto const end = startup.find('\0');
        auto const word = std::string{startup.substr(0, end)};
        startup.remove_prefix(end == startup.npos ? startup.size() : end + 1);
        return word;
    };
    while (!startup.empty()) {
        auto const name = next();
        if (name.empty())
            break;
        found[name] = next();
    }
    return found;
}

} // namespace

std::string fatal_response(std::string const& state, std::string const& message) {
    std::string fields;
    for (auto const& [type, text] : std::initializer_list<std::pair<char, std::string>>{
             {'S', "FATAL"}, {'V', "FATAL"}, {'C', state}, {'M', message}}) {
        fields += type;
        fields += text;
        fields += '\0';
    }
    fields += '\0';
    return "E" + bytes_of(static_cast<std::uint32_t>(fields.size() + 4)) + fields;
}

class canned_server::impl {
public:
    explicit impl(canned_answers const& a)
        : answers{a}, acceptor{loop, tcp::endpoint{asio::ip::address_v4::loopback(), 0}} {
        asio::co_spawn(loop, accept(this), asio::detached);
        thread = std::thread{[this] { loop.run(); }};
    }
    ~impl() {
        loop.stop();
        thread.join();
    }

    static asio::awaitable<void> accept(impl* self) {
        while (true) {
            auto socket = co_await self->acceptor.async_accept(asio::use_awaitable);
            ++self->connections;
            auto const client = std::make_shared<tcp::socket>(std::move(socket));
            asio::co_spawn(self->loop, serve(self, client), asio::detached);
        }
    }

    static asio::awaitable<void> serve(impl* self, std::shared_ptr<tcp::socket> client) {
        try {
            co_await converse(self, client);
        } catch (boost::system::system_error const&) { // the client is gone
        }
    }

    static asio::awaitable<void> converse(impl* self, std::shared_ptr<tcp::socket> client) {
        constexpr std::size_t request_size = 4; // SSLRequest and GSSENCRequest are a code alone
        while (true) {
            auto const packet = co_await read_packet(*client);
            if (packet.empty())
                break;
            auto const is_request = packet.size() == request_size;
            if (!is_request) {
                std::lock_guard const lock{self->mutex};
                self->parameters = parameters_in(packet);
            }
            ++self->answered;
            auto const& answer =
                is_request ? self->answers.to_tls_request : self->answers.to_startup;
            co_await asio::async_write(*client, asio::buffer(answer), asio::use_awaitable);
            if (!is_request)
                break;
        }
        if (self->answers.then == canned_answers::ending::reset)
            client->set_option(asio::socket_base::linger{true, 0});
        if (self->answers.then != canned_answers::ending::silence)
            co_return;
        asio::steady_timer forever{self->loop, std::chrono::hours{24}};
        co_await forever.async_wait(asio::use_awaitable);
    }

    canned_answers const answers;
    asio::io_context loop{1};
    tcp::acceptor acceptor;
    std::thread thread;
    std::mutex mutex;
    std::map<std::string, std::string> parameters; // guarded by mutex
    std::atomic<std::uint64_t> connections = 0;
    std::atomic<std::uint64_t> answered = 0;
};

canned_server::canned_server(canned_answers const& answers)
    : impl_{std::make_unique<impl>(answers)} {}

canned_server::~canned_server() = default;

unsigned short canned_server::port() const noexcept {
    return impl_->acceptor.local_endpoint().port();
}

std::string canned_server::dsn() const {
    return fmt::format("postgresql://postgres@127.0.0.1:{}/postgres", port());
}

std::uint64_t canned_server::connections() const noexcept {
    return impl_->connections;
}

std::uint64_t canned_server::answers() const noexcept {
    return impl_->answered;
}

std::map<std::string, std::string> canned_server::startup_parameters() const {
    std::lock_guard const lock{impl_->mutex};
    return impl_->parameters;
}

} // namespace copg::test
