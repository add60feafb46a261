// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"

#include <copg/driver/query_functions.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

namespace copg::test {

// Runs each of the query functions on anything that has them. Each that can changes something: it
// adds its name to the table `effect`, so that a caller can see what of it was kept.

/// Call once for a database.
inline void make_effects(scratch_database const& database) {
    database.execute({"create table effect (name text primary key)"});
}

/// What has been kept, as seen from another connection.
inline std::vector<std::string> kept_effects(scratch_database const& database) {
    auto const all = database.text(
        "select coalesce(string_agg(name, ',' order by name collate \"C\"), '') from effect");
    std::vector<std::string> names;
    for (std::size_t start = 0; start < all.size();) {
        auto const end = std::min(all.find(',', start), all.size());
        names.push_back(all.substr(start, end - start));
        start = end + 1;
    }
    return names;
}

/// The query functions of one target.
template <class Target>
class query_parity {
public:
    explicit query_parity(Target const& target) : target_{target} {}

    asio::awaitable<void> run() {
        for (auto const& each : functions()) {
            BOOST_TEST_CONTEXT(each.name) {
                auto running = (this->*each.function)(each.name);
                co_await std::move(running);
            }
        }
        auto const seen = co_await target_.template fetch<std::string>(
            "select name from effect order by name collate \"C\"");
        BOOST_TEST(seen == names(), boost::test_tools::per_element());
    }

    /// All names, in order.
    static std::vector<std::string> names() {
        std::vector<std::string> all;
        for (auto const& each : functions())
            if (each.has_effect)
                all.emplace_back(each.name);
        std::sort(all.begin(), all.end());
        return all;
    }

private:
    struct function_case {
        char const* name;
        asio::awaitable<void> (query_parity::*function)(std::string name);
        bool has_effect;
    };

    static constexpr auto add = "insert into effect values ($1) returning name";

    static std::string add_sql(std::string const& name) {
        return "insert into effect values ('" + name + "') returning name";
    }

    asio::awaitable<void> execute(std::string name) {
        auto const done = co_await target_.execute(add, name);
        BOOST_TEST(done.rows_affected == 1u);
        BOOST_TEST(done.tag == "INSERT 0 1");
    }

    asio::awaitable<void> query(std::string name) {
        auto const rows = co_await target_.query(add, name);
        BOOST_TEST(rows.size() == 1u);
        BOOST_TEST(rows.column_name(0) == "name");
    }

    asio::awaitable<void> fetch(std::string name) {
        auto const rows = co_await target_.template fetch<std::string>(add, name);
        BOOST_TEST(rows == std::vector{name}, boost::test_tools::per_element());
    }

    asio::awaitable<void> fetch_with_mapper(std::string name) {
        auto const length = [](copg::row_view const& row) {
            return row.get<std::string>("name").size();
        };
        auto const rows = co_await target_.fetch(length, add, name);
        BOOST_TEST(rows == std::vector{name.size()}, boost::test_tools::per_element());
    }

    asio::awaitable<void> fetch_one(std::string name) {
        auto const row = co_await target_.template fetch_one<std::string>(add, name);
        BOOST_TEST(row == name);
    }

    asio::awaitable<void> fetch_first(std::string name) {
        auto const row = co_await target_.template fetch_first<std::string>(add, name);
        BOOST_TEST(row == name);
    }

    asio::awaitable<void> fetch_optional(std::string name) {
        auto const row = co_await target_.template fetch_optional<std::string>(add, name);
        BOOST_TEST((row == name));
        auto const none = co_await target_.template fetch_optional<std::string>(
            "select name from effect where name = 'of nobody'");
        BOOST_TEST(!none);
    }

    asio::awaitable<void> exists(std::string name) {
        auto const added = co_await target_.exists(add, name);
        BOOST_TEST(added);
        auto const other = co_await target_.exists("select from effect where name = 'of nobody'");
        BOOST_TEST(!other);
    }

    asio::awaitable<void> stream(std::string name) {
        auto rows = co_await target_.template stream<std::string>(add, name);
        auto const first = co_await rows.next();
        BOOST_TEST((first == name));
        auto const end = co_await rows.next();
        BOOST_TEST(!end);
    }

    asio::awaitable<void> for_each(std::string name) {
        std::vector<std::string> rows;
        auto const collect = [&rows](std::string row) { rows.push_back(std::move(row)); };
        co_await target_.template for_each<std::string>(collect, add, name);
        BOOST_TEST(rows == std::vector{name}, boost::test_tools::per_element());
    }

    asio::awaitable<void> pipeline(std::string name) {
        co_await add_by_batch(copg::batch::mode::independent, name);
    }
    asio::awaitable<void> atomic_pipeline(std::string name) {
        co_await add_by_batch(copg::batch::mode::atomic, name);
    }
    asio::awaitable<void> add_by_batch(copg::batch::mode how, std::string name) {
        copg::batch wanted{how};
        wanted.add(add, name).add("select 1");
        auto const outcomes = co_await target_.pipeline(std::move(wanted));
        BOOST_TEST(outcomes.size() == 2u);
        for (auto const& outcome : outcomes)
            BOOST_TEST(!outcome.failed());
    }

    asio::awaitable<void> execute_script(std::string name) {
        auto const script = "select 1; " + add_sql(name);
        auto const done = co_await target_.execute_script(script);
        BOOST_TEST(done.size() == 2u);
    }

    asio::awaitable<void> copy_in(std::string name) {
        auto writer = co_await target_.copy_in("copy effect from stdin");
        co_await writer.write(name + "\n");
        auto const rows = co_await writer.finish();
        BOOST_TEST(rows == 1u);
    }

    asio::awaitable<void> copy_in_typed(std::string name) {
        auto writer = co_await target_.template copy_in<std::tuple<std::string>>("effect", "name");
        std::tuple const row{name};
        co_await writer.write(row);
        auto const rows = co_await writer.finish();
        BOOST_TEST(rows == 1u);
    }

    asio::awaitable<void> copy_out(std::string name) {
        auto const copy = "copy (" + add_sql(name) + ") to stdout";
        auto reader = co_await target_.copy_out(copy);
        auto const first = co_await reader.read();
        BOOST_TEST((first == name + "\n"));
        auto const end = co_await reader.read();
        BOOST_TEST(!end);
    }

    asio::awaitable<void> copy_out_typed(std::string name) {
        auto const sql = add_sql(name);
        auto reader = co_await target_.template copy_out<std::string>(sql);
        auto const first = co_await reader.next();
        BOOST_TEST((first == name));
        auto const end = co_await reader.next();
        BOOST_TEST(!end);
    }

    asio::awaitable<void> ping(std::string) { co_await target_.ping(); }

    static auto const& functions() {
        static constexpr function_case all[] = {
            {"execute", &query_parity::execute, true},
            {"query", &query_parity::query, true},
            {"fetch", &query_parity::fetch, true},
            {"fetch with mapper", &query_parity::fetch_with_mapper, true},
            {"fetch_one", &query_parity::fetch_one, true},
            {"fetch_first", &query_parity::fetch_first, true},
            {"fetch_optional", &query_parity::fetch_optional, true},
            {"exists", &query_parity::exists, true},
            {"stream", &query_parity::stream, true},
            {"for_each", &query_parity::for_each, true},
            {"pipeline", &query_parity::pipeline, true},
            {"atomic pipeline", &query_parity::atomic_pipeline, true},
            {"execute_script", &query_parity::execute_script, true},
            {"copy_in", &query_parity::copy_in, true},
            {"copy_in typed", &query_parity::copy_in_typed, true},
            {"copy_out", &query_parity::copy_out, true},
            {"copy_out typed", &query_parity::copy_out_typed, true},
            {"ping", &query_parity::ping, false},
        };
        return all;
    }

    Target const& target_;
};

/// Runs each of the query functions once, on a database that make_effects() has prepared and that
/// holds no effects yet, and checks what each returns. The target must live until the end.
template <class Target>
asio::awaitable<void> check_every_query_function(Target const& target) {
    query_parity<Target> checking{target};
    co_await checking.run();
}

/// What is kept of it when it is committed.
template <class Target>
std::vector<std::string> all_effects() {
    return query_parity<Target>::names();
}

} // namespace copg::test
