// SPDX-License-Identifier: BSL-1.0
#include "driver/listener_state.hpp"

#include "base/backoff.hpp"
#include "driver/connect_attempt.hpp"
#include "driver/runner.hpp"

#include <copg/base/identifier.hpp>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <random>

namespace copg::detail {
namespace {

constexpr std::chrono::hours for_ever{24 * 365};
constexpr std::chrono::milliseconds command_limit{10'000};

error closed_error() {
    return {errc::connection_lost, "the notification listener was closed"};
}

} // namespace

listener_state::listener_state(asio::any_io_executor strand,
                               connect_options target,
                               listener_options options)
    : strand_{std::move(strand)},
      target_{std::move(target)},
      options_{std::move(options)},
      changed_{strand_} {}

asio::awaitable<void> listener_state::run() {
    auto const self = shared_from_this();
    backoff waits{options_.retry_delay, options_.retry_delay_maximum, std::random_device{}()};
    while (!closed_) {
        try {
            co_await connect_and_serve();
        } catch (std::exception const&) {
            if (loss_ == nullptr)
                loss_ = std::current_exception();
        }
        if (std::exchange(had_listened_, false))
            waits.reset();
        connection_.reset();
        confirmed_.clear();
        listening_ = false;
        if (closed_)
            break;
        co_await until_changed(waits.next());
    }
    for (auto* const timer : waiting_)
        timer->cancel();
}

asio::awaitable<void> listener_state::connect_and_serve() {
    connection_lost_ = false;
    auto connected = co_await connect(strand_, target_);
    connection_ = std::move(connected);
    connection_->on_notification([weak = weak_from_this()](notification const& received) {
        if (auto const self = weak.lock())
            self->deliver(received);
    });
    auto const stands = connection_->on_idle_loss([weak = weak_from_this()] {
        if (auto const self = weak.lock())
            self->lost();
    });
    if (!stands)
        throw lost_error(errc::connection_lost, connection_->end_message());
    try {
        co_await serve();
    } catch (...) {
        connection_->close();
        throw;
    }
    connection_->close();
}

asio::awaitable<void> listener_state::serve() {
    while (!closed_) {
        co_await match_server();
        listening_ = true;
        had_listened_ = true;
        if (auto const cause = std::exchange(loss_, nullptr))
            guarded([this, &cause] {
                if (options_.on_gap)
                    options_.on_gap(cause);
            });
        for (auto* const timer : waiting_)
            timer->cancel();
        if (!matches_server()) // on_gap, or whoever it woke, has changed something
            continue;
        milliseconds longest = for_ever;
        if (options_.heartbeat.count() > 0)
            longest = options_.heartbeat;
        co_await until_changed(longest);
        if (connection_lost_)
            throw lost_error(errc::connection_lost, connection_->end_message());
        if (!closed_ && matches_server())
            co_await send("select");
    }
}

bool listener_state::matches_server() const {
    return wanted_.size() == confirmed_.size() &&
           std::equal(wanted_.begin(),
                      wanted_.end(),
                      confirmed_.begin(),
                      [](auto const& wanted, auto const& name) { return wanted.first == name; });
}

// Channels may change while the server is told of others: look again after each.
asio::awaitable<void> listener_state::match_server() {
    while (!matches_server()) {
        std::string sql;
        std::string channel;
        auto listens = false;
        for (auto const& [name, call] : wanted_)
            if (!confirmed_.contains(name)) {
                channel = name;
                listens = true;
            }
        for (auto const& name : confirmed_)
            if (!listens && !wanted_.contains(name))
                channel = name;
        listening_ = false;
        sql = (listens ? "listen " : "unlisten ") + quote_identifier(channel);
        co_await send(std::move(sql));
        if (listens)
            confirmed_.insert(channel);
        else
            confirmed_.erase(channel);
    }
}

asio::awaitable<void> listener_state::send(std::string sql) {
    statement const command{copg::sql{sql}.timeout(command_limit)};
    co_await run_statement(connection_, session{}, command);
}

asio::awaitable<void> listener_state::until_changed(milliseconds longest) {
    boost::system::error_code ignored;
    changed_.expires_after(longest);
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> listener_state::until(std::string channel, bool confirmed) {
    asio::steady_timer timer{strand_, for_ever};
    waiting_.insert(&timer);
    std::exception_ptr failure;
    try {
        while (!closed_ && confirmed_.contains(channel) != confirmed &&
               wanted_.contains(channel) == confirmed) { // or somebody wants the opposite by now
            boost::system::error_code woken;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            auto const state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none)
                throw boost::system::system_error{asio::error::operation_aborted, "listen"};
        }
    } catch (...) {
        failure = std::current_exception();
    }
    waiting_.erase(&timer);
    if (failure)
        std::rethrow_exception(failure);
    if (closed_)
        throw closed_error();
}

asio::awaitable<void> listener_state::listen(std::string channel,
                                             notification_listener::handler call) {
    auto const self = shared_from_this();
    if (closed_)
        throw closed_error();
    wanted_[channel] = std::move(call);
    wake();
    co_await until(std::move(channel), true);
}

asio::awaitable<void> listener_state::unlisten(std::string channel) {
    auto const self = shared_from_this();
    if (closed_)
        throw closed_error();
    wanted_.erase(channel);
    wake();
    co_await until(std::move(channel), false);
}

void listener_state::deliver(notification const& received) {
    auto const found = wanted_.find(received.channel);
    if (found == wanted_.end() || closed_)
        return;
    auto const call = found->second; // the handler may replace itself
    guarded([&] { call(received); });
}

void listener_state::guarded(std::function<void()> const& call) noexcept {
    try {
        call();
    } catch (...) {
        try {
            if (options_.on_handler_error)
                options_.on_handler_error(std::current_exception());
        } catch (...) { // nobody is left to be told
        }
    }
}

void listener_state::wake() {
    changed_.cancel();
    for (auto* const timer : waiting_)
        timer->cancel();
}

void listener_state::lost() {
    listening_ = false;
    connection_lost_ = true;
    wake();
}

void listener_state::close() noexcept {
    closed_ = true;
    listening_ = false;
    asio::post(strand_, [self = shared_from_this()] {
        self->wake();
        if (self->connection_ != nullptr)
            self->connection_->close();
    });
}

} // namespace copg::detail
