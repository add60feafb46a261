// SPDX-License-Identifier: BSL-1.0
// COPY in, binary rows; COPY out, raw.
#include "micro/cases.hpp"
#include "micro/client.hpp"
#include "micro/item.hpp"

#include <fmt/format.h>

#include <string_view>

namespace copg::micro {
namespace {

constexpr std::size_t piece = 64 * 1024; // what copg hands on at a time

std::string in_sql() {
    return fmt::format("copy {}.target from stdin (format binary)", schema);
}

std::string out_sql(std::size_t count) {
    return fmt::format(
        "copy (select * from {}.items limit {}) to stdout (format binary)", schema, count);
}

void begin(plain_connection& on, std::string const& sql) {
    on.check(PQsendQuery(on.get(), sql.c_str()));
    on.next();
}

void put(plain_connection& on, std::string& buffer) {
    on.check(PQputCopyData(on.get(), buffer.data(), static_cast<int>(buffer.size())));
    on.flush();
    buffer.clear();
}

void plain_in(plain_connection& on, std::size_t count) {
    begin(on, in_sql());
    std::string buffer{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
    for (std::size_t i = 0; i < count; ++i) {
        write_item(nth_item(i), buffer);
        if (buffer.size() >= piece)
            put(on, buffer);
    }
    buffer += "\377\377";
    put(on, buffer);
    on.check(PQputCopyEnd(on.get(), nullptr));
    while (on.next() != nullptr) {
    }
}

asio::awaitable<void> write_rows(connection& on, std::size_t count) {
    auto const sql = in_sql();
    auto writer = co_await on.copy_in(sql);
    for (std::size_t i = 0; i < count; ++i) {
        auto const row = nth_item(i);
        co_await writer.write_row(row.id, row.number, row.label, row.ratio);
    }
    co_await writer.finish();
}

asio::awaitable<void> add_rows(connection& on, std::size_t count) {
    auto const sql = in_sql();
    auto writer = co_await on.copy_in(sql);
    for (std::size_t i = 0; i < count; ++i) {
        auto const row = nth_item(i);
        writer.add_row(row.id, row.number, row.label, row.ratio);
        if (writer.is_full())
            co_await writer.drain();
    }
    co_await writer.finish();
}

double plain_out(plain_connection& on, std::size_t count) {
    begin(on, out_sql(count));
    double bytes = 0;
    while (true) {
        char* got = nullptr;
        auto const size = PQgetCopyData(on.get(), &got, 1);
        if (size < 0)
            break;
        if (size == 0)
            on.receive();
        bytes += size;
        PQfreemem(got);
    }
    while (on.next() != nullptr) {
    }
    return bytes;
}

asio::awaitable<void> copg_out(connection& on, std::size_t count, double& bytes) {
    auto const sql = out_sql(count);
    auto reader = co_await on.copy_out(sql);
    while (true) {
        auto const got = co_await reader.read();
        if (!got)
            break;
        bytes += static_cast<double>(got->size());
    }
}

using copg_work = asio::awaitable<void> (*)(connection&, std::size_t);

comparison
compare_in(std::string const& dsn, amount const& how_much, char const* name, copg_work work) {
    auto const theirs = std::make_shared<plain_connection>(dsn);
    auto const ours = std::make_shared<client>(dsn);
    comparison made;
    made.name = name;
    made.against = "libpq, PQputCopyData";
    made.unit = "row";
    made.units = how_much.rows;
    made.before = [=] { theirs->run(fmt::format("truncate {}.target", schema)); };
    made.base = [=](std::size_t count) { plain_in(*theirs, count); };
    made.copg = [=](std::size_t count) { ours->finish(work(ours->on(), count)); };
    return made;
}

} // namespace

std::vector<comparison> copy_in_case(std::string const& dsn, amount const& how_much) {
    return {compare_in(dsn, how_much, "copy-in, write_row", write_rows),
            compare_in(dsn, how_much, "copy-in, add_row", add_rows)};
}

std::vector<comparison> copy_out_case(std::string const& dsn, amount const& how_much) {
    auto const theirs = std::make_shared<plain_connection>(dsn);
    auto const ours = std::make_shared<client>(dsn);
    auto const wanted = std::make_shared<double>(0);
    comparison made;
    made.name = "copy-out";
    made.against = "libpq, PQgetCopyData";
    made.unit = "row";
    made.units = how_much.rows;
    made.base = [=](std::size_t count) { *wanted = plain_out(*theirs, count); };
    made.copg = [=](std::size_t count) {
        double bytes = 0;
        ours->finish(copg_out(ours->on(), count, bytes));
        expect_equal(*wanted, bytes);
    };
    return {made};
}

} // namespace copg::micro
