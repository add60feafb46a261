// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/bound_connection.hpp>
#include <copg/driver/row.hpp>
#include <copg/driver/statement.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace copg {

namespace detail {

class stream_state;

/// A statement whose rows are taken as they come. Movable; the stream ends with it.
class COPG_API raw_stream {
public:
    static asio::awaitable<raw_stream> open(asio::awaitable<bound_connection> target,
                                            statement statement);

    raw_stream(raw_stream&&) noexcept;
    raw_stream& operator=(raw_stream&&) noexcept;
    ~raw_stream();

    /// The next rows that have been received, at least one; nothing: none has.
    std::optional<result> take();
    /// Waits until take() has rows; false at the end. @throws what the statement failed with
    asio::awaitable<bool> wait();

private:
    explicit raw_stream(std::unique_ptr<stream_state> state) noexcept;

    std::unique_ptr<stream_state> state_;
};

} // namespace detail

/// The rows of one statement, taken one by one while the server produces them. What is not taken is
/// not read: the server waits, and memory stays bounded however many rows there are.
///
/// The statement has succeeded only when next() has returned nothing: an error can follow rows that
/// have been delivered (a deferred constraint, for one). A stream that is destroyed before its end
/// stops the statement on the server in the background; the connection is used again when it has
/// stopped. Inside a transaction, which that would break, its rows are read to the end instead, and
/// the statement stopped only if they do not end within a quarter of
/// connect_options::cancel_timeout. While a stream is open, another statement of its connection,
/// lease or scope fails with errc::connection_busy.
///
/// Lifetime: must not outlive the connection, lease or scope that it was opened on; one of a
/// database handle keeps a connection of its own. Thread safety: distinct objects are safe.
template <class T>
class row_stream {
public:
    explicit row_stream(detail::raw_stream source) noexcept : source_{std::move(source)} {}

    /// The next row; nothing at the end.
    /// Cancellation (terminal): ends the stream with operation_aborted.
    /// @throws what the statement fails with; errors as read_row, which leave the stream usable
    asio::awaitable<std::optional<T>> next() {
        while (row_ >= rows_.size()) {
            if (auto more = source_.take()) {
                rows_ = std::move(*more);
                row_ = 0;
                continue;
            }
            auto const more = co_await source_.wait();
            if (!more)
                co_return std::nullopt;
        }
        auto const row = row_++;
        if (!decode_)
            decode_.emplace(rows_);
        co_return (*decode_)(rows_, row);
    }

private:
    detail::raw_stream source_;
    result rows_;
    std::optional<row_decoder<T>> decode_;
    std::size_t row_ = 0;
};

} // namespace copg
