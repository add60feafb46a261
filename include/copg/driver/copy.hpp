// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/driver/bound_connection.hpp>
#include <copg/driver/copy_rows.hpp>
#include <copg/driver/result.hpp>
#include <copg/driver/statement.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace copg {

namespace detail {
class copy_state;
}

/// What a COPY FROM STDIN is fed with (PostgreSQL manual, COPY). What was written counts only when
/// finish() has returned; a writer that is destroyed before makes the COPY fail on the server, in
/// the background.
///
/// The server's pace is the writer's: at most 320 KiB are buffered, beyond what one call adds.
/// While it is open, another statement of its connection, lease or scope fails with
/// errc::connection_busy. Lifetime: as row_stream. Thread safety: distinct objects are safe.
class COPG_API copy_writer {
public:
    /// @param describes  a query with the columns of the COPY, for columns()
    static asio::awaitable<copy_writer> open(asio::awaitable<detail::bound_connection> target,
                                             statement copy,
                                             std::string describes = {});

    copy_writer(copy_writer&&) noexcept;
    copy_writer& operator=(copy_writer&&) noexcept;
    ~copy_writer();

    /// Whether the statement says FORMAT binary.
    bool is_binary() const noexcept;
    /// A result without rows.
    result const& columns() const noexcept;

    /// Adds bytes in the statement's format, cut anywhere; they are copied.
    /// Cancellation (terminal): ends the COPY with operation_aborted; nothing of it counts.
    /// @throws sql_error when the server has refused what came before
    asio::awaitable<void> write(std::string_view bytes);

    /// Adds one row. In the binary format each value goes in its type's binary format, which must
    /// be that of the column, exactly; the server checks its length, and types are checked by
    /// copy_in<Row>(). In the text format: texts, std::nullopt for NULL, numbers and booleans.
    template <class... Values>
    asio::awaitable<void> write_row(Values const&... values) {
        add_row(values...);
        if (is_full())
            co_await drain();
    }

    /// The same without waiting; call drain() at the latest when is_full() says so.
    template <class... Values>
    void add_row(Values const&... values) {
        if (is_binary()) {
            add_binary_row(sizeof...(Values), [&](std::string& buffer) {
                (detail::add_binary_field(values, buffer), ...);
            });
        } else {
            add_whole_row([&](std::string& buffer) {
                detail::text_row row{buffer};
                (row.add(values), ...);
                row.end();
            });
        }
    }
    bool is_full() const noexcept;
    asio::awaitable<void> drain();

    /// Adds a row of a binary COPY whose fields a function appends.
    template <class Function>
    void add_binary_row(std::size_t fields, Function add_fields) {
        add_whole_row([&](std::string& buffer) {
            detail::put(static_cast<std::uint16_t>(fields), buffer);
            add_fields(buffer);
        });
    }

    /// Ends the COPY. @return the number of rows
    /// @throws sql_error what the server says to the data; errors as write
    asio::awaitable<std::uint64_t> finish();

private:
    explicit copy_writer(std::unique_ptr<detail::copy_state> state) noexcept;
    std::string& begin_row();

    /// A row that throws half-way is none.
    template <class Function>
    void add_whole_row(Function add) {
        auto& buffer = begin_row();
        auto const before = buffer.size();
        try {
            add(buffer);
        } catch (...) {
            buffer.resize(before);
            throw;
        }
    }

    std::unique_ptr<detail::copy_state> state_;
};

/// What a COPY TO STDOUT yields. What is not read is not taken in: the server waits. A reader that
/// is destroyed before the end stops the COPY in the background. Otherwise as copy_writer.
class COPG_API copy_reader {
public:
    static asio::awaitable<copy_reader> open(asio::awaitable<detail::bound_connection> target,
                                             statement copy,
                                             std::string describes = {});

    copy_reader(copy_reader&&) noexcept;
    copy_reader& operator=(copy_reader&&) noexcept;
    ~copy_reader();

    bool is_binary() const noexcept;
    result const& columns() const noexcept;

    /// The next piece: a row in the text formats, a row, the header or the trailer in the binary
    /// one. Nothing at the end. @throws sql_error what the COPY failed with
    asio::awaitable<std::optional<std::string>> read();

    /// The next piece that has come already, good until the next call; nothing: wait() for more.
    std::optional<std::string_view> take();
    /// Waits until take() may have more; false at the end. @throws as read
    asio::awaitable<bool> wait();

    /// The next row of a text COPY, taken apart; std::nullopt in it for NULL.
    /// @throws error errc::unsupported_statement for a binary one
    asio::awaitable<std::optional<std::vector<std::optional<std::string>>>> read_text_row();

private:
    explicit copy_reader(std::unique_ptr<detail::copy_state> state) noexcept;

    std::unique_ptr<detail::copy_state> state_;
};

} // namespace copg
