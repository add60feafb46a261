// SPDX-License-Identifier: BSL-1.0
#include "driver/copy_state.hpp"

#include "driver/perform.hpp"
#include "driver/runner.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <utility>

namespace copg::detail {
namespace {

constexpr std::size_t unsent_maximum = 256 * 1024;
constexpr char refused[] = "the server has refused what came before";

std::uint64_t rows_of(std::string_view tag) { // "COPY 3"
    std::uint64_t count = 0;
    auto const digits = tag.substr(tag.find_last_of(' ') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
    return count;
}

} // namespace

copy_state::copy_state(bound_connection bound, statement copy, std::string describes)
    : lent_{std::move(bound.lent)},
      claim_{bound.connection, copy.where()},
      transaction_{connection()},
      session_{std::move(bound.session)},
      statement_{std::move(copy)},
      describes_{std::move(describes)},
      exchange_{connection(), statement_.sql()} {}

copy_state::~copy_state() {
    if (!ended_)
        connection().leave(exchange_); // a transaction of its own is rolled back with the lease
}

asio::awaitable<void> copy_state::prepare() {
    if (!is_ready(connection()))
        co_await get_ready(connection());
    if (classify(statement_.sql()) != statement_kind::copy_stream)
        throw error{errc::unsupported_statement,
                    "the statement is not a COPY FROM STDIN or TO STDOUT"};
    connection().backend().mark(aftermath_of(statement_.sql())); // COPY (SELECT …) runs anything
    co_await bind();
    if (describes_.empty())
        co_return;
    std::exception_ptr failure;
    try {
        auto described = co_await describe_held(connection(), describes_);
        columns_ = std::move(described);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure)
        co_await fail(failure);
}

asio::awaitable<void> copy_state::bind() {
    auto const now = connection().binding_now();
    auto const idle = now.state() == transaction_state::idle;
    std::exception_ptr failure;
    if (session_.empty() || (!idle && now.in_force())) {
        co_await reset_if_due(connection());
        co_return;
    }
    if (idle) {
        transaction_.began();
        try {
            co_await open_held(connection(), "begin", session_);
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure)
            co_await fail(failure);
        co_return;
    }
    co_await bind_held(connection(), session_);
}

asio::awaitable<void> copy_state::open(copy_exchange::state wanted) {
    ended_ = true; // nothing to leave yet
    co_await prepare();
    if (transaction_.is_open() || connection().binding_now().state() != transaction_state::idle)
        exchange_.stand_in_transaction();
    connection().launch(exchange_, limit_of(connection(), statement_));
    ended_ = false;
    std::exception_ptr failure;
    try {
        co_await connection().wait(exchange_);
    } catch (...) {
        failure = std::current_exception();
    }
    auto const way = connection().locked([this] { return exchange_.way(); });
    auto const over = connection().locked([this] { return exchange_.ended; });
    if (!failure && way == wanted && !(over && exchange_.answer().failed()))
        co_return; // a COPY TO without rows can be over by now
    if (!failure && !(over && exchange_.answer().failed())) {
        connection().leave(exchange_);
        failure = std::make_exception_ptr(
            error{errc::unsupported_statement,
                  "the COPY goes the other way: copy_in() takes FROM STDIN, copy_out() TO STDOUT"});
    }
    if (!failure)
        failure = exchange_.answer().error;
    co_await fail(failure);
}

// The connection is idle again, or is being made so: end what was begun, and tell.
asio::awaitable<void> copy_state::fail(std::exception_ptr failure) {
    ended_ = true;
    failure_ = failure;
    connection().leave(exchange_); // if it has not ended
    if (transaction_.is_open() && connection().is_settled()) {
        co_await roll_back(connection());
        transaction_.ended();
    }
    transaction_.leave();
    claim_.release();
    std::rethrow_exception(failure);
}

void copy_state::check_not_over() const {
    if (failure_)
        std::rethrow_exception(failure_);
    if (ended_)
        throw error{errc::unsupported_statement, "the COPY is over"};
}

/// Hands the buffer to libpq; false when the COPY has ended or has been refused.
bool copy_state::put_buffer() {
    auto const ended = connection().locked([this] { return exchange_.ended; });
    if (ended)
        return false;
    return connection().with_wire([this](wire& wire) {
        exchange_.put(wire, buffer);
        return !wire.copy_was_refused();
    });
}

asio::awaitable<void> copy_state::drain() {
    check_not_over();
    std::exception_ptr failure;
    try {
        auto const taken = put_buffer();
        if (!taken) {
            co_await close(refused); // throws what the server said
            throw error{errc::protocol_error, "the server ended a COPY that was not over"};
        }
        unsent_ += buffer.size();
        buffer.clear();
        co_await keep_pace();
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure)
        co_await fail(failure);
}

asio::awaitable<void> copy_state::keep_pace() {
    auto const sent = connection().flush_now();
    if (sent)
        unsent_ = 0;
    if (unsent_ <= unsent_maximum) {
        // A server that takes everything at once must not keep the loop from its other work.
        auto const executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
        co_return;
    }
    connection().locked([this] { exchange_.wait_for_flush(true); });
    co_await connection().wait(exchange_);
    connection().locked([this] { exchange_.wait_for_flush(false); });
    unsent_ = 0;
}

/// @param reason  not null: the server shall not keep what it has
asio::awaitable<void> copy_state::close(char const* reason) {
    std::exception_ptr failure;
    try {
        auto ended = connection().locked([this] { return exchange_.ended; });
        if (!ended) {
            connection().with_wire([this, reason](wire& wire) {
                if (exchange_.now() == copy_exchange::state::sending)
                    exchange_.finish(wire, reason);
            });
            connection().flush_now();
        }
        while (!ended) {
            co_await connection().wait(exchange_);
            ended = connection().locked([this] { return exchange_.ended; });
        }
    } catch (...) {
        failure = std::current_exception();
    }
    if (exchange_.failure) // tells more than that there is no connection
        failure = exchange_.failure;
    if (!failure)
        failure = exchange_.answer().error;
    if (failure)
        std::rethrow_exception(failure);
}

asio::awaitable<std::uint64_t> copy_state::finish() {
    check_not_over();
    if (!buffer.empty())
        co_await drain();
    std::exception_ptr failure;
    try {
        co_await close(nullptr);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure)
        co_await fail(failure);
    ended_ = true;
    auto const rows = rows_of(exchange_.answer().tag);
    if (transaction_.is_open())
        co_await commit();
    claim_.release();
    co_return rows;
}

asio::awaitable<void> copy_state::commit() {
    auto const segment = plain_segment("commit", step::commit, errc::statement_in_doubt);
    segment_answer answer;
    std::exception_ptr failure;
    try {
        answer = co_await perform_one(connection(), segment, {});
        failure = answer.error;
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure)
        co_await fail(failure);
    transaction_.ended();
}

std::optional<std::string_view> copy_state::take() {
    if (taken_ == pieces_.size() && !ended_) {
        pieces_.clear();
        taken_ = 0;
        connection().locked([this] { exchange_.take_all(pieces_); });
        if (pieces_.empty() && connection().has_progressed(exchange_))
            connection().locked([this] { exchange_.take_all(pieces_); });
    }
    if (taken_ == pieces_.size())
        return std::nullopt;
    auto const& piece = pieces_[taken_++];
    return std::string_view{piece.bytes.get(), piece.size};
}

asio::awaitable<bool> copy_state::wait() {
    if (failure_)
        std::rethrow_exception(failure_);
    if (ended_)
        co_return false;
    auto const [over, news] =
        connection().locked([this] { return std::pair{exchange_.ended, exchange_.has_news()}; });
    if (!over && !news)
        co_await wait_for_more();
    if (!over || news)
        co_return true;
    co_await finish();
    co_return false;
}

asio::awaitable<void> copy_state::wait_for_more() {
    std::exception_ptr failure;
    try {
        co_await connection().wait(exchange_);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure && !connection().locked([this] { return exchange_.ended; }))
        co_await fail(failure);
}

} // namespace copg::detail
