// SPDX-License-Identifier: BSL-1.0
#include "support/fault_proxy.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>

namespace copg::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto unlimited = std::numeric_limits<std::size_t>::max();

/// Finds the Sync messages in what a client sends (PostgreSQL manual, 55.7). What comes
/// before and with the start-up message has no type byte.
class sync_finder {
public:
    /// @return the number of Syncs whose last byte is in this piece
    std::uint64_t feed(std::string_view piece) {
        std::uint64_t found = 0;
        pending_ += piece;
        while (true) {
            std::size_t const type_size = started_ ? 1 : 0;
            if (pending_.size() < type_size + 4)
                return found;
            std::size_t length = 0;
            for (std::size_t i = 0; i < 4; ++i)
                length = length << 8 | static_cast<unsigned char>(pending_[type_size + i]);
            if (pending_.size() < type_size + length)
                return found;
            found += started_ && pending_.front() == 'S';
            pending_.erase(0, type_size + length);
            // SSLRequest and GSSENCRequest, of 8 bytes, come before the start-up message.
            started_ = started_ || length != 8;
        }
    }

private:
    std::string pending_;
    bool started_ = false;
};

} // namespace

class fault_proxy::impl {
public:
    explicit impl(unsigned short port)
        : server{asio::ip::address_v4::loopback(), port},
          acceptor{loop, tcp::endpoint{asio::ip::address_v4::loopback(), 0}} {}

    void start() {
        asio::co_spawn(loop, accept(this), asio::detached);
        thread = std::thread{[this] { loop.run(); }};
    }

    void stop() {
        loop.stop();
        thread.join();
    }

    asio::io_context loop{1};
    tcp::endpoint const server;
    tcp::acceptor acceptor;
    std::thread thread;
    std::mutex mutex;
    faults wanted; // guarded by mutex
    std::atomic<std::uint64_t> connections = 0;
    std::atomic<std::uint64_t> round_trips = 0;
    std::atomic<std::uint64_t> bytes_answered = 0;
    std::atomic<std::uint64_t> syncs = 0;
    std::atomic<bool> hold = false;
    std::atomic<std::uint64_t> bytes_sent = 0;
    std::atomic<std::size_t> cut_existing_at = unlimited;      // of bytes_answered
    std::atomic<std::size_t> cut_existing_sent_at = unlimited; // of bytes_sent

private:
    /// One client's connection to the server.
    struct link {
        link(tcp::socket accepted, faults const& f)
            : client{std::move(accepted)}, backend{client.get_executor()}, fault{f} {}

        void close() {
            boost::system::error_code ignored;
            client.close(ignored);
            backend.close(ignored);
        }

        tcp::socket client;
        tcp::socket backend;
        faults const fault;
        std::size_t sent = 0;
        std::size_t answered = 0;
        sync_finder finder;
        bool server_spoke_last = true;
    };

    static asio::awaitable<void> accept(impl* self) {
        while (true) {
            auto socket = co_await self->acceptor.async_accept(asio::use_awaitable);
            socket.set_option(tcp::no_delay{true});
            faults fault;
            {
                std::lock_guard const lock{self->mutex};
                fault = self->wanted;
            }
            auto const accepted = std::make_shared<link>(std::move(socket), fault);
            ++self->connections;
            asio::co_spawn(self->loop, serve(self, accepted), asio::detached);
        }
    }

    static asio::awaitable<void> serve(impl* self, std::shared_ptr<link> pair) {
        if (pair->fault.black_hole) { // holds the socket open until the proxy goes
            asio::steady_timer forever{self->loop, std::chrono::hours{24}};
            co_await forever.async_wait(asio::use_awaitable);
            co_return;
        }
        co_await pair->backend.async_connect(self->server, asio::use_awaitable);
        pair->backend.set_option(tcp::no_delay{true});
        asio::co_spawn(self->loop, pass_questions(self, pair), asio::detached);
        asio::co_spawn(self->loop, pass_answers(self, pair), asio::detached);
    }

    static asio::awaitable<void> pause(link const& pair, impl& self) {
        if (pair.fault.delay.count() == 0)
            co_return;
        asio::steady_timer timer{self.loop, pair.fault.delay};
        co_await timer.async_wait(asio::use_awaitable);
    }

    static asio::awaitable<void> wait_until_let_go(impl& self) {
        asio::steady_timer timer{self.loop};
        while (self.hold) {
            timer.expires_after(std::chrono::milliseconds{1});
            co_await timer.async_wait(asio::use_awaitable);
        }
    }

    static asio::awaitable<void> pass_questions(impl* self, std::shared_ptr<link> pair) {
        std::array<char, 65'536> buffer;
        try {
            while (true) {
                auto size = co_await pair->client.async_read_some(asio::buffer(buffer),
                                                                  asio::use_awaitable);
                if (std::exchange(pair->server_spoke_last, false))
                    ++self->round_trips;
                self->syncs += pair->finder.feed({buffer.data(), size});
                co_await pause(*pair, *self);
                auto const limit = pair->fault.cut_after_sent.value_or(unlimited);
                size = std::min(size, limit - pair->sent);
                size = std::min<std::size_t>(size,
                                             self->cut_existing_sent_at - self->bytes_sent.load());
                auto const sent = self->bytes_sent += size;
                co_await asio::async_write(
                    pair->backend, asio::buffer(buffer, size), asio::use_awaitable);
                pair->sent += size;
                if (pair->sent >= limit || sent >= self->cut_existing_sent_at)
                    break;
            }
        } catch (boost::system::system_error const&) {
        }
        pair->close();
    }

    static asio::awaitable<void> pass_answers(impl* self, std::shared_ptr<link> pair) {
        std::array<char, 65'536> buffer;
        try {
            while (true) {
                auto size = co_await pair->backend.async_read_some(asio::buffer(buffer),
                                                                   asio::use_awaitable);
                co_await wait_until_let_go(*self);
                co_await pause(*pair, *self);
                auto const limit = pair->fault.cut_after_answered.value_or(unlimited);
                size = std::min(size, limit - pair->answered);
                size = std::min<std::size_t>(size,
                                             self->cut_existing_at - self->bytes_answered.load());
                // Counted before the client can see it, so that a cut that the client asks for in
                // reply starts behind it.
                pair->server_spoke_last = true;
                pair->answered += size;
                auto const answered = self->bytes_answered += size;
                if (pair->fault.panics)
                    say_panic({buffer.data(), size});
                co_await answer(*pair, buffer.data(), size);
                if (pair->answered >= limit || answered >= self->cut_existing_at)
                    break;
            }
        } catch (boost::system::system_error const&) {
        }
        pair->close();
    }

    static void say_panic(std::span<char> bytes) {
        constexpr std::string_view fatal = "FATAL";
        constexpr std::string_view panic = "PANIC";
        auto at = bytes.begin();
        while ((at = std::search(at, bytes.end(), fatal.begin(), fatal.end())) != bytes.end())
            std::copy(panic.begin(), panic.end(), at);
    }

    static asio::awaitable<void> answer(link& pair, char const* bytes, std::size_t size) {
        auto const piece = pair.fault.single_bytes ? std::size_t{1} : size;
        for (std::size_t done = 0; done < size; done += piece)
            co_await asio::async_write(
                pair.client, asio::buffer(bytes + done, piece), asio::use_awaitable);
    }
};

fault_proxy::fault_proxy(unsigned short server_port) : impl_{std::make_unique<impl>(server_port)} {
    impl_->start();
}

fault_proxy::~fault_proxy() {
    impl_->stop();
}

std::string fault_proxy::dsn(std::string const& database) const {
    return fmt::format("postgresql://postgres@127.0.0.1:{}/{}", port(), database);
}

unsigned short fault_proxy::port() const noexcept {
    return impl_->acceptor.local_endpoint().port();
}

void fault_proxy::set(faults const& wanted) {
    std::lock_guard const lock{impl_->mutex};
    impl_->wanted = wanted;
}

void fault_proxy::cut_existing_after_answered(std::size_t bytes) {
    impl_->cut_existing_at = impl_->bytes_answered + bytes;
}

void fault_proxy::cut_existing_after_sent(std::size_t bytes) {
    impl_->cut_existing_sent_at = impl_->bytes_sent + bytes;
}

std::uint64_t fault_proxy::connections() const noexcept {
    return impl_->connections;
}

std::uint64_t fault_proxy::round_trips() const noexcept {
    return impl_->round_trips;
}

std::uint64_t fault_proxy::syncs() const noexcept {
    return impl_->syncs;
}

void fault_proxy::hold_answers(bool hold) noexcept {
    impl_->hold = hold;
}

std::uint64_t fault_proxy::bytes_answered() const noexcept {
    return impl_->bytes_answered;
}

} // namespace copg::test
