// SPDX-License-Identifier: BSL-1.0
#include "stress/world.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/base/with_deadline.hpp>
#include <copg/driver/connection.hpp>
#include <copg/scope/transaction.hpp>

#include <fmt/format.h>

#include <chrono>

namespace copg::stress {
namespace {

using namespace std::chrono_literals;

constexpr char rows_sql[] = "select owner from item";

/// Awaits what must fail with one of these.
template <class T, class... Codes>
asio::awaitable<void> must_fail(asio::awaitable<T> operation, Codes... expected) {
    try {
        co_await std::move(operation);
    } catch (error const& e) {
        if (((e.code() == expected) || ...))
            co_return;
        throw;
    }
    throw violation{"what should have failed has succeeded"};
}

} // namespace

struct worker::kind {
    char const* name;
    int weight;
    asio::awaitable<void> (worker::*run)();
};

worker::kind const worker::kinds[] = {
    {"read by handle", 200, &worker::read_by_handle},
    {"read by lease", 200, &worker::read_by_lease},
    {"leave settings", 80, &worker::leave_settings},
    {"leave a time zone", 40, &worker::leave_a_time_zone},
    {"leave a temporary table", 40, &worker::leave_a_temporary_table},
    {"leave a lock", 40, &worker::leave_a_lock},
    {"leave a channel", 40, &worker::leave_a_channel},
    {"leave a cursor", 40, &worker::leave_a_cursor},
    {"leave a prepared statement", 40, &worker::leave_a_prepared_statement},
    {"drop prepared statements", 20, &worker::drop_prepared_statements},
    {"run a script", 20, &worker::run_a_script},
    {"commit", 60, &worker::commit},
    {"abort", 40, &worker::abort},
    {"leave a transaction open", 40, &worker::leave_a_transaction_open},
    {"fail", 40, &worker::fail},
    {"be cancelled", 10, &worker::be_cancelled},
    {"kill the server process", 5, &worker::kill_the_server_process},
    {"drop a copy", 20, &worker::drop_a_copy},
    {"drop a stream", 20, &worker::drop_a_stream},
    {"look for leaks", 20, &worker::look_for_leaks},
};

asio::awaitable<void> worker::do_something() {
    static int const total = [] {
        auto sum = 0;
        for (auto const& k : kinds)
            sum += k.weight;
        return sum;
    }();
    tenant_ = tenant_name(below(tenant_count));
    auto left = below(total);
    auto const* chosen = kinds;
    for (; left >= chosen->weight; ++chosen)
        left -= chosen->weight;
    kind_ = chosen->name;
    co_await (this->*chosen->run)();
    ++counts_.operations[chosen->name];
}

asio::awaitable<lease> worker::borrow() {
    return pool_.acquire(tenant_);
}

void worker::check_owner(std::string_view owner) {
    ++counts_.rows;
    if (owner != tenant_)
        throw violation{fmt::format("a row of {} for {}", owner, tenant_)};
}

asio::awaitable<void> worker::check_rows(lease const& held) {
    auto const owners = co_await held.fetch<std::string>(rows_sql);
    if (owners.size() != rows_each)
        throw violation{fmt::format("{} rows instead of {}", owners.size(), rows_each)};
    for (auto const& owner : owners)
        check_owner(owner);
}

asio::awaitable<void> worker::read_by_handle() {
    auto const owners = co_await handle().fetch<std::string>(rows_sql);
    for (auto const& owner : owners)
        check_owner(owner);
}

asio::awaitable<void> worker::read_by_lease() {
    auto const held = co_await borrow();
    for (auto times = 1 + below(3); times > 0; --times)
        co_await check_rows(held);
    // A literal is read when the statement is prepared: under nobody else's settings.
    auto const midnight = co_await held.fetch_one<bool>(
        "select timestamptz '2024-01-01 00:00' = '2024-01-01 00:00+00'");
    if (!midnight)
        throw violation{"a timestamp of another borrower's time zone"};
}

asio::awaitable<void> worker::leave(std::string sql, bool reads_behind) {
    auto const held = co_await borrow();
    if (maybe())
        co_await check_rows(held);
    co_await held.execute(sql);
    if (reads_behind)
        co_await check_rows(held);
}

asio::awaitable<void> worker::leave_settings() {
    static char const* const texts[] = {
        "set search_path = {}",
        "set role stress_role",
        "set app.leak = '{}'",
        "set app.current_tenant = '{}'",
        "set session authorization stress_role",
        "set default_transaction_isolation = 'serializable'",
        "select set_config('search_path', '{}', false)",
        "do $$ begin set app.leak = '{}'; end $$",
        "update pg_settings set setting = '{}' where name = 'search_path'",
    };
    auto const text = texts[below(static_cast<int>(std::size(texts)))];
    auto const other = tenant_name(below(tenant_count));
    auto const becomes_another = std::string_view{text}.starts_with("set session authorization");
    co_await leave(fmt::format(fmt::runtime(text), other), maybe() && !becomes_another);
}

asio::awaitable<void> worker::leave_a_time_zone() {
    auto const held = co_await borrow();
    co_await held.execute("set timezone = 'Asia/Tokyo'");
    for (auto times = 1 + below(3); times > 0; --times) {
        auto const midnight = co_await held.fetch_one<bool>(
            "select timestamptz '2024-01-01 00:00' = '2024-01-01 00:00+00'");
        if (midnight)
            throw violation{"a timestamp that was read in another time zone"};
    }
}

asio::awaitable<void> worker::leave_a_temporary_table() {
    auto const held = co_await borrow();
    co_await held.execute("create temp table item (id int, owner text)");
    co_await held.execute("insert into pg_temp.item values (1, 'nobody')");
    co_await check_rows(held);
}

asio::awaitable<void> worker::leave_a_lock() {
    co_await leave(fmt::format("select pg_try_advisory_lock({})", below(20)), maybe());
}

asio::awaitable<void> worker::leave_a_channel() {
    co_await leave("listen news", maybe());
}

asio::awaitable<void> worker::leave_a_cursor() {
    co_await leave("declare all_items cursor with hold for select owner from item", maybe());
}

asio::awaitable<void> worker::leave_a_prepared_statement() {
    co_await leave("prepare mine as select 1", maybe()); // fails when a former one is there
}

asio::awaitable<void> worker::drop_prepared_statements() {
    co_await leave(maybe() ? "deallocate all" : "discard all", true);
}

asio::awaitable<void> worker::run_a_script() {
    auto const held = co_await borrow();
    auto const other = tenant_name(below(tenant_count));
    auto const sql =
        fmt::format("select 1; set search_path = {}; listen news; prepare mine as select 1", other);
    co_await held.execute_script(sql);
    co_await check_rows(held);
}

asio::awaitable<void> worker::commit() {
    auto const db = handle();
    auto const body = [&]() -> asio::awaitable<void> {
        auto const owners = co_await db.fetch<std::string>(rows_sql);
        for (auto const& owner : owners)
            check_owner(owner);
        co_await db.execute("insert into log values ($1)", tenant_);
        if (maybe())
            co_await db.execute("set local app.leak = 'x'");
    };
    co_await transaction(db, body);
    ++counts_.committed;
}

asio::awaitable<void> worker::abort() {
    auto const db = handle();
    auto const body = [&]() -> asio::awaitable<void> {
        co_await db.execute("insert into log values ('aborted')");
        co_await db.execute("select 1 / 0");
    };
    co_await must_fail(transaction(db, body), sqlstate::division_by_zero);
}

asio::awaitable<void> worker::leave_a_transaction_open() {
    auto const held = co_await borrow();
    co_await held.execute("begin");
    co_await held.execute("insert into log values ('left open')");
    if (maybe())
        co_await held.execute("set app.leak = 'x'");
    if (maybe())
        co_await held.execute("select pg_try_advisory_lock(99)");
    co_await check_rows(held);
    if (maybe())
        co_await must_fail(held.execute("select 1 / 0"), sqlstate::division_by_zero);
}

asio::awaitable<void> worker::fail() {
    auto const held = co_await borrow();
    if (maybe())
        co_await held.execute("set app.leak = 'x'");
    co_await must_fail(held.execute("select 1 / 0"), sqlstate::division_by_zero);
    if (maybe())
        co_await check_rows(held);
}

asio::awaitable<void> worker::be_cancelled() {
    auto const held = co_await borrow();
    auto const limit = std::chrono::milliseconds{below(4)};
    auto const* const sql =
        maybe() ? "select pg_sleep(10)" : "select set_config('app.leak', 'x', false), pg_sleep(10)";
    co_await must_fail(with_deadline(limit, held.execute(sql)), errc::deadline_exceeded);
    if (maybe())
        co_await check_rows(held);
}

asio::awaitable<void> worker::kill_the_server_process() {
    auto const held = co_await borrow();
    co_await must_fail(held.execute("select pg_terminate_backend(pg_backend_pid())"),
                       sqlstate::admin_shutdown,
                       errc::connection_lost,
                       errc::statement_in_doubt);
}

asio::awaitable<void> worker::drop_a_copy() {
    auto const held = co_await borrow();
    if (maybe()) {
        auto writer = co_await held.copy_in("copy log from stdin");
        co_await writer.write_row("from a copy that was dropped");
        co_return;
    }
    auto reader = co_await held.copy_out(
        "copy (select set_config('app.leak', 'x', false), i from generate_series(1, 2000) i) "
        "to stdout");
    co_await reader.read();
}

asio::awaitable<void> worker::drop_a_stream() {
    auto const held = co_await borrow();
    auto rows =
        co_await held.stream<std::string>("select owner from item, generate_series(1, 200)");
    auto const first = co_await rows.next();
    check_owner(first.value());
}

asio::awaitable<void> worker::look_for_leaks() {
    auto const held = co_await pool_.acquire();
    auto const found = co_await probe_.differences(held);
    ++counts_.probes;
    if (!found.empty())
        throw violation{found.front()};
}

asio::awaitable<void> make_tenants(std::string dsn) {
    auto const admin = co_await connection::connect(dsn);
    co_await admin.execute("create role stress_role");
    for (int i = 0; i < tenant_count; ++i) {
        auto const name = tenant_name(i);
        auto const sql = fmt::format("create schema {0};"
                                     "create table {0}.item (id int, owner text);"
                                     "create table {0}.log (what text);"
                                     "insert into {0}.item select i, '{0}' "
                                     "from generate_series(1, {1}) i",
                                     name,
                                     rows_each);
        co_await admin.execute_script(sql);
    }
}

} // namespace copg::stress
