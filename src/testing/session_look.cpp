// SPDX-License-Identifier: BSL-1.0
#include "testing/session_look.hpp"

#include <copg/base/sql_error.hpp>

#include <chrono>
#include <tuple>

namespace copg::testing {
namespace {

// None of these texts holds a word that marks a connection for a reset: what looks for a leak must
// not be what mends it.

constexpr char now_sql[] = "select now()::text";

// pg_settings is a view of this function. What belongs to a transaction is left out.
constexpr char settings_sql[] =
    "select name, coalesce(setting, ''), coalesce(reset_val, '') from pg_show_all_settings() "
    "where name not in ('transaction_isolation', 'transaction_read_only', "
    "'transaction_deferrable') "
    "union all select 'role', current_setting('role'), 'none' " // is not among them
    "union all select 'current_user', current_user, '' "
    "union all select 'session_user', session_user, ''";

constexpr char setting_sql[] = "select coalesce(current_setting($1, true), '')";

constexpr char remains_sql[] =
    "select 'the channel \"' || c || '\" is listened to' from pg_listening_channels() c "
    "union all "
    "select format('an advisory lock is held: %s %s %s, %s', classid, objid, objsubid, mode) "
    "from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() "
    "union all "
    "select format('there is a relation in pg_my_temp_schema(): \"%s\"', relname) "
    "from pg_class where relnamespace = pg_my_temp_schema() and relkind not in ('i', 'I') "
    "union all "
    "select format('there is a function in pg_my_temp_schema(): \"%s\"', proname) "
    "from pg_proc where pronamespace = pg_my_temp_schema() "
    "union all "
    "select format('there is a type in pg_my_temp_schema(): \"%s\"', typname) "
    "from pg_type where typnamespace = pg_my_temp_schema() and typtype in ('d', 'e', 'r') "
    "union all "
    "select format('the cursor \"%s\" is open', name) from pg_cursors where name <> '' "
    "union all "
    "select format('a statement \"%s\" is prepared by SQL', name) "
    "from pg_prepared_statements where from_sql";

constexpr char lastval_sql[] = "select lastval()::text";

/// The text as it is sent: without a time limit, which would be a setting of its own.
sql unlimited(char const* text) {
    return sql{text}.timeout(std::chrono::milliseconds{0});
}

template <class Target>
asio::awaitable<session_look> look(Target const& target, leak_probe_options options) {
    session_look seen;
    std::string before;
    try {
        auto now = co_await target.template fetch_one<std::string>(unlimited(now_sql));
        before = std::move(now);
    } catch (sql_error const& e) {
        if (e.state() != sqlstate::in_failed_sql_transaction)
            throw;
        seen.transaction_failed = true;
    }
    if (seen.transaction_failed)
        co_return seen;

    using row = std::tuple<std::string, std::string, std::string>;
    auto const listed = co_await target.template fetch<row>(unlimited(settings_sql));
    for (auto const& [name, value, reset_value] : listed)
        seen.settings[name] = {value, reset_value};
    for (auto const& name : options.settings()) {
        auto value = co_await target.template fetch_one<std::string>(unlimited(setting_sql), name);
        seen.settings[name] = {std::move(value), ""};
    }
    auto remains = co_await target.template fetch<std::string>(unlimited(remains_sql));
    seen.remains = std::move(remains);

    auto const after = co_await target.template fetch_one<std::string>(unlimited(now_sql));
    seen.in_transaction = before == after; // now() is when the transaction began
    if (seen.in_transaction || !options.sequences())
        co_return seen;
    try {
        auto const value = co_await target.template fetch_one<std::string>(unlimited(lastval_sql));
        seen.remains.push_back("lastval() is " + value);
    } catch (sql_error const& e) {
        if (e.state() != "55000"_sqlstate) // nothing was drawn
            throw;
    }
    co_return seen;
}

} // namespace

asio::awaitable<session_look> look_at(connection const& target, leak_probe_options options) {
    return look(target, std::move(options));
}

asio::awaitable<session_look> look_at(lease const& target, leak_probe_options options) {
    return look(target, std::move(options));
}

} // namespace copg::testing
