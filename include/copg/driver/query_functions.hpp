// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/error.hpp>
#include <copg/driver/row.hpp>
#include <copg/driver/row_view.hpp>
#include <copg/driver/statement.hpp>

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string_view>
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

} // namespace detail

/// The functions that run one statement, the same on everything that can run one. A class derives
/// from query_functions<itself> and has `asio::awaitable<result> run(statement) const`.
///
/// SQL text and parameters are copied before the call returns; they need not outlive it. Each
/// statement completes when the server has said that it is done (ReadyForQuery), so that a result
/// is never delivered for what a deferred constraint undid.
///
/// @throws sql_error what the server reports;
///         error errc::connection_lost and errc::statement_in_doubt when the connection breaks,
///         errc::empty_query, errc::unsupported_statement, errc::connection_busy
/// Cancellation (terminal): the caller resumes at once with operation_aborted; the connection is
/// closed, so that nobody meets the statement's answer. The server may still finish the statement.
/// Partial and total cancellation have no effect.
template <class Self>
class query_functions {
public:
    /// Runs a statement and tells what it did.
    template <class... Parameters>
    asio::awaitable<command_result> execute(std::string_view sql,
                                            Parameters const&... parameters) const {
        return detail::command(start(sql, parameters...));
    }

    /// Runs a statement and returns its rows untyped.
    template <class... Parameters>
    asio::awaitable<result> query(std::string_view sql, Parameters const&... parameters) const {
        return start(sql, parameters...);
    }

    /// All rows, each as read_row<T> gives it.
    template <class T, class... Parameters>
    asio::awaitable<std::vector<T>> fetch(std::string_view sql,
                                          Parameters const&... parameters) const {
        return detail::all_rows<T>(start(sql, parameters...));
    }

    /// All rows, each as the mapper makes it of a row_view, which is good for that call only. The
    /// mapper is copied. What it throws ends the call.
    template <row_mapper Mapper, class... Parameters>
    asio::awaitable<std::vector<mapped<Mapper>>>
    fetch(Mapper mapper, std::string_view sql, Parameters const&... parameters) const {
        return detail::map_rows<Mapper>(start(sql, parameters...), std::move(mapper));
    }

    /// The only row. @throws error errc::no_row, errc::several_rows
    template <class T, class... Parameters>
    asio::awaitable<T> fetch_one(std::string_view sql, Parameters const&... parameters) const {
        return detail::only_row<T>(start(sql, parameters...));
    }

    /// The first row of any number. @throws error errc::no_row
    template <class T, class... Parameters>
    asio::awaitable<T> fetch_first(std::string_view sql, Parameters const&... parameters) const {
        return detail::first_row<T>(start(sql, parameters...));
    }

    /// The only row, or nothing. @throws error errc::several_rows
    template <class T, class... Parameters>
    asio::awaitable<std::optional<T>> fetch_optional(std::string_view sql,
                                                     Parameters const&... parameters) const {
        return detail::optional_row<T>(start(sql, parameters...));
    }

    /// Whether the statement returns any row.
    template <class... Parameters>
    asio::awaitable<bool> exists(std::string_view sql, Parameters const&... parameters) const {
        return detail::any_row(start(sql, parameters...));
    }

    /// One round trip to the server and back.
    asio::awaitable<void> ping() const { return detail::ignore(start("select")); }

protected:
    query_functions() = default;

private:
    template <class... Parameters>
    asio::awaitable<result> start(std::string_view sql, Parameters const&... parameters) const {
        return static_cast<Self const&>(*this).run(statement{sql, parameters...});
    }
};

} // namespace copg
