// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/cluster.hpp"
#include "support/pools.hpp"

#include <copg/testing/leak_probe.hpp>

#include <boost/algorithm/string/join.hpp>

#include <string>
#include <vector>

namespace copg::test {

/// Something that raw SQL can leave behind, one statement.
struct leftover {
    char const* sql;
    char const* shows; ///< a part of the sentence in which a leak_probe tells it
};

inline std::vector<leftover> const& leftover_kinds() {
    static std::vector<leftover> const kinds{
        {"set work_mem = '2MB'", "work_mem is '2048'"},
        {"; set statement_timeout = 54321", "statement_timeout is '54321'"},
        {"set session characteristics as transaction read only", "default_transaction_read_only"},
        {"set search_path = pg_catalog", "search_path is 'pg_catalog'"},
        {"set role pg_monitor", "current_user is 'pg_monitor'"},
        {"set session authorization pg_monitor", "session_user is 'pg_monitor'"},
        {"set app.leak = 'x'", "app.leak is 'x'"},
        {"select set_config('app.leak', 'x', false)", "app.leak is 'x'"},
        {"with s as (select set_config('app.leak', 'x', false)) table s", "app.leak is 'x'"},
        {"select U&\"set\\005fconfig\"('app.leak', 'x', false)", "app.leak is 'x'"},
        {"explain analyze select set_config('app.leak', 'x', false)", "app.leak is 'x'"},
        {"update pg_settings set setting = 'off' where name = 'enable_sort'", "enable_sort"},
        {"do $$ begin set enable_sort = off; end $$", "enable_sort is 'off'"},
        {"select pg_advisory_lock(7)", "advisory lock is held: 0 7 1"},
        {"select * from pg_try_advisory_lock_shared(7, 8)", "advisory lock is held: 7 8 2"},
        {"listen channel", "the channel \"channel\" is listened to"},
        {"declare c cursor with hold for select 1", "the cursor \"c\" is open"},
        {"create temp table leftover (i serial)", "relation in pg_my_temp_schema(): \"leftover\""},
        {"create table pg_temp.leftover (i int)", "\"leftover\""},
        {"create temporary view leftover as select 1", "\"leftover\""},
        {"create temp sequence leftover", "\"leftover\""},
        {"select 1 as i into temp leftover", "\"leftover\""},
        {"select 1 as i into pg_temp.leftover", "\"leftover\""},
        {"create function pg_temp.f() returns int language sql as 'select 1'", "function"},
        {"create type pg_temp.colour as enum ('red')", "type in pg_my_temp_schema(): \"colour\""},
        {"create domain pg_temp.whole as int", "type in pg_my_temp_schema(): \"whole\""},
        {"prepare p as select 1", "a statement \"p\" is prepared by SQL"},
    };
    return kinds;
}

inline asio::awaitable<testing::leak_probe> make_probe(std::string dsn) {
    testing::leak_probe_options options;
    options.setting("app.leak");
    auto made = co_await testing::leak_probe::make(dsn, options);
    co_return made;
}

/// All differences in one text.
inline asio::awaitable<std::string> leaks_on(testing::leak_probe probe, lease const& held) {
    auto const sentences = co_await probe.differences(held);
    co_return boost::algorithm::join(sentences, "; ");
}

/// The same on the next lease of a pool.
inline asio::awaitable<std::string> leaks_on_next(testing::leak_probe probe, pool shared) {
    auto const next = co_await shared.acquire();
    auto found = co_await leaks_on(probe, next);
    co_return found;
}

} // namespace copg::test
