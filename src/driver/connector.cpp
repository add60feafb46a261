// SPDX-License-Identifier: BSL-1.0
#include "driver/connector.hpp"

#include "driver/connect_error.hpp"
#include "driver/connect_target.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <utility>

namespace copg::detail {
namespace {

using boost::system::error_code;
using std::chrono::steady_clock;

/// A time limit on whatever operation is under way on a descriptor or resolver of the same strand.
class watchdog {
public:
    watchdog(asio::any_io_executor const& strand,
             std::chrono::milliseconds limit,
             std::function<void()> stop)
        : state_{std::make_shared<state>(strand, std::move(stop))} {
        state_->timer.expires_after(limit);
        state_->timer.async_wait([shared = state_](error_code const& ec) {
            if (ec || !shared->stop)
                return;
            shared->expired = true;
            shared->stop();
        });
    }
    ~watchdog() {
        state_->stop = nullptr; // the handler may be queued already
        state_->timer.cancel();
    }
    watchdog(watchdog const&) = delete;
    watchdog& operator=(watchdog const&) = delete;

    bool expired() const noexcept { return state_->expired; }

private:
    struct state {
        state(asio::any_io_executor const& strand, std::function<void()> action)
            : timer{strand}, stop{std::move(action)} {}
        asio::steady_timer timer;
        std::function<void()> stop;
        bool expired = false;
    };
    std::shared_ptr<state> state_;
};

std::string describe(connect_target const& target) {
    auto const& host = target.host.empty() ? target.address : target.host;
    return fmt::format("\"{}\", port {}", host.empty() ? "(default socket)" : host, target.port);
}

error timed_out(connect_target const& target, std::chrono::milliseconds limit) {
    return {errc::connect_timeout,
            fmt::format("connect timed out: no answer from {} within {} ms",
                        describe(target),
                        limit.count())};
}

/// libpq owns the socket and may exchange it at every step: the descriptor has it only while it
/// waits.
class borrowed_descriptor {
public:
    explicit borrowed_descriptor(asio::any_io_executor const& strand) : descriptor_{strand} {}
    ~borrowed_descriptor() { release(); }
    borrowed_descriptor(borrowed_descriptor const&) = delete;
    borrowed_descriptor& operator=(borrowed_descriptor const&) = delete;

    asio::posix::stream_descriptor& borrow(int socket) {
        descriptor_.assign(socket);
        return descriptor_;
    }
    void release() noexcept {
        if (descriptor_.is_open())
            descriptor_.release();
    }
    void stop() {
        error_code ignored;
        if (descriptor_.is_open())
            descriptor_.cancel(ignored);
    }

private:
    asio::posix::stream_descriptor descriptor_;
};

pg_connection start(connect_target const& target, dsn const& whole) {
    auto keywords = common_keywords(whole);
    auto const add = [&keywords](char const* keyword, std::string const& value) {
        if (!value.empty())
            keywords.emplace_back(keyword, value);
    };
    add("host", target.host);
    add("hostaddr", target.address);
    add("port", target.port);

    std::vector<char const*> names;
    std::vector<char const*> values;
    for (auto const& [name, value] : keywords) {
        names.push_back(name.c_str());
        values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    auto connection = pg_connection{PQconnectStartParams(names.data(), values.data(), 0)};
    if (connection == nullptr)
        throw std::bad_alloc{};
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    PQsetNoticeReceiver(connection.get(), [](void*, PGresult const*) {}, nullptr);
    return connection;
}

asio::awaitable<pg_connection> attempt(connect_target target, connect_options const& options) {
    auto const strand = co_await asio::this_coro::executor;
    auto const limit = options.timeout();
    auto connection = start(target, options.target());
    borrowed_descriptor waiting{strand};
    watchdog const dog{strand, limit, [&waiting] { waiting.stop(); }};

    auto wanted = PGRES_POLLING_WRITING;
    if (PQstatus(connection.get()) == CONNECTION_BAD)
        wanted = PGRES_POLLING_FAILED;
    while (wanted == PGRES_POLLING_READING || wanted == PGRES_POLLING_WRITING) {
        auto& descriptor = waiting.borrow(PQsocket(connection.get()));
        auto const direction = wanted == PGRES_POLLING_READING
                                   ? asio::posix::stream_descriptor::wait_read
                                   : asio::posix::stream_descriptor::wait_write;
        error_code ec;
        co_await descriptor.async_wait(direction, asio::redirect_error(asio::use_awaitable, ec));
        waiting.release();
        if (dog.expired())
            throw timed_out(target, limit);
        if (ec)
            throw boost::system::system_error{ec, "connect"};
        wanted = PQconnectPoll(connection.get());
    }
    if (wanted != PGRES_POLLING_OK)
        std::rethrow_exception(connect_error(PQerrorMessage(connection.get())));
    PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
    co_return std::move(connection);
}

/// A look-up in Asio's resolver thread. Nothing can interrupt it there: it is waited for through a
/// timer, and left to itself when that fires first.
struct lookup {
    explicit lookup(asio::any_io_executor const& strand) : resolver{strand}, ended{strand} {}

    asio::ip::tcp::resolver resolver;
    asio::steady_timer ended;
    asio::ip::tcp::resolver::results_type addresses;
    error_code failure;
    bool done = false;
};

std::shared_ptr<lookup> start_lookup(asio::any_io_executor const& strand,
                                     connect_target const& target,
                                     std::chrono::milliseconds limit) {
    auto const started = std::make_shared<lookup>(strand);
    started->ended.expires_after(limit);
    started->resolver.async_resolve(
        target.host, target.port, [started](error_code const& ec, auto const& addresses) {
            started->done = true;
            started->failure = ec;
            started->addresses = addresses;
            started->ended.cancel();
        });
    return started;
}

/// The addresses behind a target's name; the target itself when there is nothing to look up.
asio::awaitable<std::vector<connect_target>> addresses_of(connect_target target,
                                                          std::chrono::milliseconds limit) {
    std::vector<connect_target> found;
    if (!target.needs_lookup()) {
        found.push_back(std::move(target));
        co_return found;
    }
    auto const strand = co_await asio::this_coro::executor;
    auto const running = start_lookup(strand, target, limit);
    error_code ec;
    co_await running->ended.async_wait(asio::redirect_error(asio::use_awaitable, ec));
    auto const state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error{asio::error::operation_aborted, "connect"};
    if (!running->done)
        throw timed_out(target, limit);
    if (running->failure)
        throw error{errc::connect_failed,
                    fmt::format("connect failed: cannot look up {}: {}",
                                describe(target),
                                running->failure.message())};
    for (auto const& entry : running->addresses)
        found.push_back({target.host, entry.endpoint().address().to_string(), target.port});
    co_return found;
}

/// Tries one server; null, with the failure noted, when the next one may do better.
asio::awaitable<pg_connection>
try_target(connect_target target, connect_options const& options, std::exception_ptr& failure) {
    std::vector<connect_target> addresses;
    try {
        addresses = co_await addresses_of(target, options.timeout());
    } catch (error const&) {
        failure = std::current_exception();
    }
    for (auto const& address : addresses) {
        try {
            auto connection = co_await attempt(address, options);
            co_return std::move(connection);
        } catch (error const&) {
            failure = std::current_exception();
        }
        if (is_incurable(failure))
            std::rethrow_exception(failure);
    }
    co_return pg_connection{};
}

void report(connect_options const& options,
            steady_clock::time_point started,
            std::exception_ptr const& failure) {
    if (options.observer() == nullptr)
        return;
    auto const target = options.target().redacted();
    connect_event event;
    event.target = target;
    event.duration = steady_clock::now() - started;
    event.failure = failure;
    options.observer()->on_connect(event);
}

asio::awaitable<pg_connection> try_all(connect_options const& options) {
    auto failure =
        std::make_exception_ptr(error{errc::connect_failed, "connect failed: no address"});
    for (auto const& target : targets_of(options.target())) {
        auto connection = co_await try_target(target, options, failure);
        if (connection != nullptr)
            co_return std::move(connection);
    }
    std::rethrow_exception(failure);
}

} // namespace

asio::awaitable<std::shared_ptr<connection_impl>> connect_on_strand(asio::any_io_executor executor,
                                                                    connect_options options) {
    auto const started = steady_clock::now();
    std::exception_ptr failure;
    try {
        auto connected = co_await try_all(options);
        auto connection =
            std::make_shared<connection_impl>(executor, std::move(connected), options);
        connection->start();
        report(options, started, nullptr);
        co_return connection;
    } catch (std::exception const&) {
        failure = std::current_exception();
    }
    report(options, started, failure);
    std::rethrow_exception(failure);
}

} // namespace copg::detail
