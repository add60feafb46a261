// SPDX-License-Identifier: BSL-1.0
#include "driver/connector.hpp"

#include "driver/connect_error.hpp"
#include "driver/connect_failures.hpp"
#include "driver/connect_target.hpp"
#include "driver/handshake.hpp"
#include "driver/name_lookup.hpp"
#include "driver/service_file.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace copg::detail {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// One attempt over all servers, and what bounds it.
struct plan {
    plan(asio::any_io_executor executor, connect_options const& given)
        : strand{std::move(executor)}, options{given}, whole_end{end_of(given)} {}

    static steady_clock::time_point end_of(connect_options const& given) {
        auto const bound = given.deadline();
        return bound.count() == 0 ? steady_clock::time_point::max() : steady_clock::now() + bound;
    }

    /// What the next wait may take.
    milliseconds next_limit() const {
        auto const single = options.timeout();
        if (whole_end == steady_clock::time_point::max())
            return single;
        auto const left = std::chrono::ceil<milliseconds>(whole_end - steady_clock::now());
        return std::clamp(left, milliseconds{0}, single);
    }
    bool is_over() const { return steady_clock::now() >= whole_end; }

    asio::any_io_executor const strand;
    connect_options options;
    steady_clock::time_point const whole_end;
    std::string session_attributes; ///< what the server must be like in this pass
    connect_failures failures;
};

asio::awaitable<pg_connection> attempt(plan const& p, connect_target address) {
    time_limit const limit{p.strand, p.next_limit(), "no answer from " + address.description()};
    auto keywords = keywords_for(p.options.target(), address, p.session_attributes);
    auto connection = co_await shake_hands(std::move(keywords), limit);
    co_return std::move(connection);
}

asio::awaitable<std::vector<connect_target>> addresses_of(plan const& p, connect_target target) {
    time_limit const limit{p.strand, p.next_limit(), "no address of " + target.description()};
    auto found = co_await look_up(std::move(target), limit);
    if (balances_load(p.options.target()))
        shuffle(found);
    co_return found;
}

/// Tries one server; null, with the failure noted, when the next one may do better.
asio::awaitable<pg_connection> try_target(plan& p, connect_target target) {
    std::vector<connect_target> addresses;
    try {
        addresses = co_await addresses_of(p, target);
    } catch (error const&) {
        p.failures.add(target.description(), std::current_exception());
    }
    for (auto const& address : addresses) {
        try {
            auto connection = co_await attempt(p, address);
            co_return std::move(connection);
        } catch (error const&) {
            p.failures.add(target.description(), std::current_exception());
        }
        if (is_incurable(p.failures.last()) || p.is_over())
            std::rethrow_exception(p.failures.combined());
    }
    co_return pg_connection{};
}

asio::awaitable<pg_connection> try_all(connect_options const& options) {
    auto const strand = co_await asio::this_coro::executor;
    plan p{strand, options};
    {
        time_limit const limit{p.strand, p.next_limit(), "no answer from the service file"};
        auto expanded = co_await with_service(options.target(), limit);
        p.options.target(std::move(expanded));
    }
    auto targets = targets_of(p.options.target());
    if (balances_load(p.options.target()))
        shuffle(targets);
    for (auto const& attributes : passes_of(p.options.target())) {
        p.failures.clear();
        p.session_attributes = attributes;
        for (auto const& target : targets) {
            auto connection = co_await try_target(p, target);
            if (connection != nullptr)
                co_return std::move(connection);
            if (p.is_over())
                std::rethrow_exception(p.failures.combined());
        }
    }
    std::rethrow_exception(p.failures.combined());
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
