// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/error.hpp>
#include <copg/driver/batch.hpp>
#include <copg/driver/bound_connection.hpp>
#include <copg/driver/copy.hpp>
#include <copg/driver/copy_typed.hpp>
#include <copg/driver/row.hpp>
#include <copg/driver/row_stream.hpp>
#include <copg/driver/row_view.hpp>
#include <copg/driver/statement.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace copg {
namespace detail {

[[noreturn]] COPG_API void throw_no_row();
[[noreturn]] COPG_API void throw_several_rows(std::size_t count);

/// Fails when it is awaited, as every other failure of a query function does.
COPG_API asio::awaitable<result> failed(error reason);
COPG_API asio::awaitable<command_result> command(asio::awaitable<result> pending);
COPG_API asio::awaitable<bool> any_row(asio::awaitable<result> pending);
COPG_API asio::awaitable<void> ignore(asio::awaitable<result> pending);

template <class T>
asio::awaitable<std::vector<T>> all_rows(asio::awaitable<result> pending) {
    auto const rows = co_await std::move(pending);
    row_decoder<T> const decode{rows};
    std::vector<T> values;
    values.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
        values.push_back(decode(row));
    co_return values;
}

template <class Mapper>
asio::awaitable<std::vector<mapped<Mapper>>> map_rows(asio::awaitable<result> pending,
                                                      Mapper mapper) {
    auto const rows = co_await std::move(pending);
    std::vector<mapped<Mapper>> values;
    values.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
        values.push_back(map_row(mapper, rows, row));
    co_return values;
}

template <class T>
asio::awaitable<T> only_row(asio::awaitable<result> pending) {
    auto const rows = co_await std::move(pending);
    if (rows.empty())
        throw_no_row();
    if (rows.size() > 1)
        throw_several_rows(rows.size());
    co_return read_row<T>(rows, 0);
}

template <class T>
asio::awaitable<T> first_row(asio::awaitable<result> pending) {
    auto const rows = co_await std::move(pending);
    if (rows.empty())
        throw_no_row();
    co_return read_row<T>(rows, 0);
}

template <class T>
asio::awaitable<std::optional<T>> optional_row(asio::awaitable<result> pending) {
    auto const rows = co_await std::move(pending);
    if (rows.size() > 1)
        throw_several_rows(rows.size());
    row_decoder<T> const decode{rows};
    std::optional<T> value;
    if (!rows.empty())
        value.emplace(decode(0));
    co_return value;
}

template <class T>
asio::awaitable<row_stream<T>> typed(asio::awaitable<raw_stream> pending) {
    auto source = co_await std::move(pending);
    co_return row_stream<T>{std::move(source)};
}

template <class T, class Handler>
asio::awaitable<void> visit(asio::awaitable<raw_stream> pending, Handler handler) {
    auto source = co_await std::move(pending);
    std::optional<row_decoder<T>> decode;
    for (auto more = true; more;) {
        while (auto const rows = source.take()) {
            if (!decode)
                decode.emplace(*rows);
            for (std::size_t row = 0; row < rows->size(); ++row) {
                auto value = (*decode)(*rows, row);
                if constexpr (std::is_void_v<std::invoke_result_t<Handler&, T>>)
                    handler(std::move(value));
                else
                    co_await handler(std::move(value));
            }
        }
        more = co_await source.wait();
    }
}

COPG_API asio::awaitable<std::vector<outcome>> run_batch(asio::awaitable<bound_connection> target,
                                                         batch wanted);
COPG_API asio::awaitable<std::vector<command_result>>
run_script(asio::awaitable<bound_connection> target, statement script);

} // namespace detail

/// The functions that run statements, the same on everything that can run one. A class derives
/// from query_functions<itself> and has `asio::awaitable<result> run(statement) const` and
/// `asio::awaitable<detail::bound_connection> bind() const`.
///
/// SQL text and parameters are copied before the call returns; they need not outlive it. Each
/// statement completes when the server has said that it is done (ReadyForQuery), so that a result
/// is never delivered for what a deferred constraint undid.
///
/// @throws sql_error what the server reports;
///         error errc::connection_lost and errc::statement_in_doubt when the connection breaks,
///         errc::query_timeout after the statement's time limit, errc::empty_query,
///         errc::unsupported_statement, errc::connection_busy
/// Cancellation (terminal): the caller resumes at once with operation_aborted. The server is asked
/// to stop the statement, which may have had its effect already; the connection can be used again:
/// what is run on it next waits until it is proved idle, within connect_options::cancel_timeout().
/// Partial and total cancellation have no effect.
template <class Self>
class query_functions {
public:
    /// Runs a statement and tells what it did.
    template <class... Parameters>
    asio::awaitable<command_result> execute(sql text, Parameters const&... parameters) const {
        return detail::command(start(text, parameters...));
    }

    /// Runs a statement and returns its rows untyped.
    template <class... Parameters>
    asio::awaitable<result> query(sql text, Parameters const&... parameters) const {
        return start(text, parameters...);
    }

    /// All rows, each as read_row<T> gives it.
    template <class T, class... Parameters>
    asio::awaitable<std::vector<T>> fetch(sql text, Parameters const&... parameters) const {
        return detail::all_rows<T>(start(text, parameters...));
    }

    /// All rows, each as the mapper makes it of a row_view, which is good for that call only. The
    /// mapper is copied. What it throws ends the call.
    template <row_mapper Mapper, class... Parameters>
    asio::awaitable<std::vector<mapped<Mapper>>>
    fetch(Mapper mapper, sql text, Parameters const&... parameters) const {
        return detail::map_rows<Mapper>(start(text, parameters...), std::move(mapper));
    }

    /// The only row. @throws error errc::no_row, errc::several_rows
    template <class T, class... Parameters>
    asio::awaitable<T> fetch_one(sql text, Parameters const&... parameters) const {
        return detail::only_row<T>(start(text, parameters...));
    }

    /// The first row of any number. @throws error errc::no_row
    template <class T, class... Parameters>
    asio::awaitable<T> fetch_first(sql text, Parameters const&... parameters) const {
        return detail::first_row<T>(start(text, parameters...));
    }

    /// The only row, or nothing. @throws error errc::several_rows
    template <class T, class... Parameters>
    asio::awaitable<std::optional<T>> fetch_optional(sql text,
                                                     Parameters const&... parameters) const {
        return detail::optional_row<T>(start(text, parameters...));
    }

    /// Whether the statement returns any row.
    template <class... Parameters>
    asio::awaitable<bool> exists(sql text, Parameters const&... parameters) const {
        return detail::any_row(start(text, parameters...));
    }

    /// The rows one by one, as the server produces them, in bounded memory.
    template <class T, class... Parameters>
    asio::awaitable<row_stream<T>> stream(sql text, Parameters const&... parameters) const {
        return detail::typed<T>(
            detail::raw_stream::open(self().bind(), statement{text, parameters...}));
    }

    /// Calls `handler` for each row, as a T, while they come; it may return an awaitable, which is
    /// awaited before the next row. What it throws ends the statement and reaches the caller.
    template <class T, class Handler, class... Parameters>
    asio::awaitable<void>
    for_each(Handler handler, sql text, Parameters const&... parameters) const {
        return detail::visit<T>(
            detail::raw_stream::open(self().bind(), statement{text, parameters...}),
            std::move(handler));
    }

    /// Sends all statements in one flush. @return what became of each, in their order; an atomic
    /// batch that fails has the cause at one statement and errc::batch_aborted at the others.
    /// Cancellation and loss of the connection: as for one statement; of an independent batch, what
    /// was answered before a loss is returned, and the rest has the loss as its failure.
    asio::awaitable<std::vector<outcome>> pipeline(batch wanted) const {
        return detail::run_batch(self().bind(), std::move(wanted));
    }

    /// Runs a text of several statements, without parameters. Outside a transaction it is one
    /// transaction, unless it holds BEGIN or COMMIT itself. @return what each statement did
    asio::awaitable<std::vector<command_result>> execute_script(sql text) const {
        return detail::run_script(self().bind(), statement{text});
    }

    /// Starts a COPY … FROM STDIN; see copy_writer.
    asio::awaitable<copy_writer> copy_in(sql text) const {
        return copy_writer::open(self().bind(), statement{text});
    }

    /// Starts a COPY … TO STDOUT; see copy_reader.
    asio::awaitable<copy_reader> copy_out(sql text) const {
        return copy_reader::open(self().bind(), statement{text});
    }

    /// Starts a binary COPY into columns of a table; see typed_copy_writer.
    /// @param table, columns  SQL as it stands in COPY: `item`, `id, name`
    template <class Row>
    asio::awaitable<typed_copy_writer<Row>>
    copy_in(std::string_view table,
            std::string_view columns,
            std::source_location where = std::source_location::current()) const {
        auto const copy = detail::copy_in_sql(table, columns);
        return typed_copy_writer<Row>::open(copy_writer::open(
            self().bind(), statement{sql{copy, where}}, detail::copy_columns_sql(table, columns)));
    }

    /// Starts a binary COPY of a query's rows, read as read_row<T> does; see typed_copy_reader.
    /// @param query  without parameters, which COPY does not take
    template <class T>
    asio::awaitable<typed_copy_reader<T>>
    copy_out(std::string_view query,
             std::source_location where = std::source_location::current()) const {
        auto const copy = detail::copy_out_sql(query);
        return typed_copy_reader<T>::open(
            copy_reader::open(self().bind(), statement{sql{copy, where}}, std::string{query}));
    }

    /// One round trip to the server and back.
    asio::awaitable<void> ping(std::source_location where = std::source_location::current()) const {
        return detail::ignore(start(sql{"select", where}));
    }

protected:
    query_functions() = default;

private:
    Self const& self() const noexcept { return static_cast<Self const&>(*this); }

    template <class... Parameters>
    asio::awaitable<result> start(sql text, Parameters const&... parameters) const {
        return self().run(statement{text, parameters...});
    }
};

} // namespace copg
