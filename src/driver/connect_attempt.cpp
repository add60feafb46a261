// SPDX-License-Identifier: BSL-1.0
#include "driver/connect_attempt.hpp"

#include "base/resumption.hpp"
#include "driver/connector.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace copg::detail {

std::shared_ptr<connect_attempt> connect_attempt::start(asio::any_io_executor const& executor,
                                                        connect_options const& options,
                                                        handler done) {
    auto attempt = std::make_shared<connect_attempt>(asio::make_strand(executor));
    attempt->run(executor, options, std::move(done));
    return attempt;
}

void connect_attempt::run(asio::any_io_executor const& executor,
                          connect_options const& options,
                          handler done) {
    auto ended = [attempt = shared_from_this(), done = std::move(done)](
                     std::exception_ptr failure, std::shared_ptr<connection_impl> connection) {
        done(std::move(failure), std::move(connection));
    };
    asio::co_spawn(strand_,
                   connect_on_strand(executor, options),
                   asio::bind_cancellation_slot(signal_.slot(), std::move(ended)));
}

void connect_attempt::cancel() {
    asio::post(strand_, [self = shared_from_this()] {
        self->signal_.emit(asio::cancellation_type::terminal);
    });
}

namespace {

/// What the waiting coroutine and the attempt share.
struct outcome {
    std::exception_ptr failure;
    std::shared_ptr<connection_impl> connection;
};

struct start_waiting {
    asio::any_io_executor const* executor;
    connect_options const* options;
    std::shared_ptr<outcome> const* result;

    template <class Handler>
    void operator()(Handler&& handler) const {
        auto slot = asio::get_associated_cancellation_slot(handler);
        auto const shared = *result;
        // The attempt owns the coroutine, not the outcome, which the coroutine owns: when the loop
        // is destroyed, the attempt goes and takes the coroutine with it.
        auto const waiter = std::make_shared<resumption>(std::forward<Handler>(handler));
        auto done = [shared, waiter](std::exception_ptr failure,
                                     std::shared_ptr<connection_impl> connection) {
            shared->failure = std::move(failure);
            shared->connection = std::move(connection);
            waiter->post();
        };
        auto const attempt = std::make_shared<connect_attempt>(asio::make_strand(*executor));
        if (slot.is_connected())
            slot.assign([weak = std::weak_ptr{attempt}](asio::cancellation_type type) {
                if (auto const running = weak.lock();
                    running && type != asio::cancellation_type::none)
                    running->cancel();
            });
        // Last: it can end, and the coroutine with all that is its own, before this returns.
        attempt->run(*executor, *options, std::move(done));
    }
};

} // namespace

asio::awaitable<std::shared_ptr<connection_impl>> connect(asio::any_io_executor executor,
                                                          connect_options options) {
    auto const result = std::make_shared<outcome>();
    auto const initiation = start_waiting{&executor, &options, &result};
    co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(initiation,
                                                                         asio::use_awaitable);
    if (result->failure)
        std::rethrow_exception(result->failure);
    co_return std::move(result->connection);
}

} // namespace copg::detail
