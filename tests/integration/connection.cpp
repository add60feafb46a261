// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/recorder.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/driver/connection.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/uuid/string_generator.hpp>

using namespace copg::test;
using copg::connection;
using copg::errc;
using copg::sqlstate;

namespace {

struct item {
    int id;
    std::optional<std::string> name;
    bool active;

    friend bool operator==(item const&, item const&) = default;
};

} // namespace

BOOST_AUTO_TEST_SUITE(test_connection)

COPG_COROUTINE_TEST(rows_come_back_as_scalars_optionals_tuples_and_aggregates) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const answer = co_await c.fetch_one<int>("select $1 + 1", 41);
    BOOST_TEST(answer == 42);
    auto const nothing = co_await c.fetch_one<std::optional<int>>("select null::int");
    BOOST_TEST(!nothing.has_value());
    auto const pair =
        co_await c.fetch_one<std::tuple<std::string, double>>("select 'x', 1.5::float8");
    BOOST_TEST((pair == std::tuple{"x", 1.5}));
    auto const items = co_await c.fetch<item>(
        "select * from (values (1, 'one', true), (2, null, false)) v order by 1");
    BOOST_TEST((items == std::vector<item>{{1, "one", true}, {2, std::nullopt, false}}));
}

COPG_COROUTINE_TEST(every_common_type_goes_there_and_back) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    using namespace std::chrono;
    auto const uuid = boost::uuids::string_generator{}("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    std::vector<std::byte> const bytes{std::byte{0}, std::byte{255}, std::byte{7}};
    sys_days const day{year{2024} / 2 / 29};
    sys_time<microseconds> const moment{day + 12h + 5us};
    auto const row = co_await c.fetch_one<std::tuple<bool,
                                                     std::int16_t,
                                                     std::int32_t,
                                                     std::int64_t,
                                                     float,
                                                     double,
                                                     std::string,
                                                     std::vector<std::byte>,
                                                     boost::uuids::uuid,
                                                     sys_days,
                                                     sys_time<microseconds>>>(
        "select $1, $2, $3, $4, $5, $6, $7::text, $8, $9, $10, $11",
        true,
        std::int16_t{-2},
        std::int32_t{3},
        std::int64_t{-4},
        0.5f,
        -0.25,
        std::string{"héllo"},
        bytes,
        uuid,
        day,
        moment);
    BOOST_TEST(std::get<0>(row));
    BOOST_TEST(std::get<1>(row) == -2);
    BOOST_TEST(std::get<3>(row) == -4);
    BOOST_TEST(std::get<5>(row) == -0.25);
    BOOST_TEST(std::get<6>(row) == "héllo");
    BOOST_TEST((std::get<7>(row) == bytes));
    BOOST_TEST((std::get<8>(row) == uuid));
    BOOST_TEST((std::get<9>(row) == day));
    BOOST_TEST((std::get<10>(row) == moment));
    auto const text = co_await c.fetch_one<std::string>("select $1::text", moment);
    BOOST_TEST_MESSAGE(text);
    auto const same = co_await c.fetch_one<bool>(
        "select $1::timestamptz = timestamptz '2024-02-29 12:00:00.000005+00'", moment);
    BOOST_TEST(same);
}

COPG_COROUTINE_TEST(text_parameters_fit_columns_of_any_type) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const fits = co_await c.fetch_one<bool>(
        "select $1::uuid is not null and $2 = 1.50::numeric and $3::jsonb ? 'a' and $4 = date "
        "'2024-01-01'",
        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "1.5",
        R"({"a": 1})",
        "2024-01-01");
    BOOST_TEST(fits);
}

COPG_COROUTINE_TEST(a_wrong_type_for_a_column_names_column_and_both_types) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const narrow = co_await end_of(c.fetch_one<int>("select 1::bigint as total"));
    BOOST_TEST((narrow.code == errc::type_mismatch));
    BOOST_TEST(narrow.message == "column 1 \"total\" is bigint, which int cannot hold");
    auto const null = co_await end_of(c.fetch_one<int>("select null::int as n"));
    BOOST_TEST((null.code == errc::unexpected_null));
    auto const width = co_await end_of(c.fetch_one<item>("select 1, 'x'"));
    BOOST_TEST((width.code == errc::type_mismatch));
    co_await c.ping();
}

COPG_COROUTINE_TEST(one_row_no_row_and_several_rows_are_told_apart) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const none = co_await end_of(c.fetch_one<int>("select 1 where false"));
    BOOST_TEST((none.code == errc::no_row));
    auto const two = co_await end_of(c.fetch_one<int>("select generate_series(1, 2)"));
    BOOST_TEST((two.code == errc::several_rows));
    auto const first = co_await c.fetch_first<int>("select generate_series(1, 2)");
    BOOST_TEST(first == 1);
    auto const optional = co_await c.fetch_optional<int>("select 1 where false");
    BOOST_TEST(!optional.has_value());
    auto const exists = co_await c.exists("select 1");
    BOOST_TEST(exists);
}

COPG_COROUTINE_TEST(execute_tells_rows_affected_and_the_command_tag) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    co_await c.execute("create temp table t (i int)");
    auto const inserted = co_await c.execute("insert into t select generate_series(1, 3)");
    BOOST_TEST(inserted.rows_affected == 3u);
    BOOST_TEST(inserted.tag == "INSERT 0 3");
}

COPG_COROUTINE_TEST(a_server_error_carries_all_fields_and_leaves_the_connection_usable) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    co_await c.execute("create temp table t (i int constraint positive check (i > 0))");
    try {
        co_await c.execute("insert into t values (-1)");
        BOOST_ERROR("the check should have failed");
    } catch (copg::sql_error const& e) {
        BOOST_TEST((e.code() == sqlstate::check_violation));
        BOOST_TEST(e.severity() == "ERROR");
        BOOST_TEST(e.table() == "t");
        BOOST_TEST(e.constraint() == "positive");
        BOOST_TEST(e.detail().find("-1") != std::string::npos);
        BOOST_TEST(!e.routine().empty());
    }
    try {
        co_await c.execute("select nonsense");
    } catch (copg::sql_error const& e) {
        BOOST_TEST((e.code() == sqlstate::undefined_column));
        BOOST_TEST(e.position() == 8);
    }
    co_await c.ping();
}

COPG_COROUTINE_TEST(a_deferred_constraint_that_fails_is_an_error_and_not_a_result) {
    scratch_database const database;
    auto c = co_await connection::connect(database.dsn().c_str());
    co_await c.execute("create table t (i int unique deferrable initially deferred)");
    co_await c.execute("insert into t values (1)");
    auto const failed = co_await end_of(c.fetch<int>("insert into t values (1) returning i"));
    BOOST_TEST((failed.code == sqlstate::unique_violation));
    auto const count = co_await c.fetch_one<std::int64_t>("select count(*) from t");
    BOOST_TEST(count == 1);
}

COPG_COROUTINE_TEST(an_empty_query_and_a_client_side_copy_are_refused_before_they_are_sent) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const trips = c.round_trips();
    auto const empty = co_await end_of(c.execute(" -- nothing"));
    BOOST_TEST((empty.code == errc::empty_query));
    auto const copy = co_await end_of(c.execute("copy (select 1) to stdout"));
    BOOST_TEST((copy.code == errc::unsupported_statement));
    BOOST_TEST(c.round_trips() == trips);
    co_await c.ping();
}

COPG_COROUTINE_TEST(a_second_statement_at_the_same_time_is_refused_and_the_first_is_unharmed) {
    using namespace asio::experimental::awaitable_operators;
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto first = c.fetch_one<int>("select 1 from pg_sleep(0.05)");
    auto second = end_of(c.ping());
    auto const both = co_await (std::move(first) && std::move(second));
    BOOST_TEST(std::get<0>(both) == 1);
    BOOST_TEST((std::get<1>(both).code == errc::connection_busy));
}

COPG_COROUTINE_TEST(notices_go_to_the_observer) {
    auto const seen = std::make_shared<recorder>();
    copg::connect_options options{cluster().dsn()};
    options.observer(seen);
    auto c = co_await connection::connect(options);
    co_await c.execute("do $$ begin raise notice 'hello'; end $$");
    BOOST_TEST(seen->notices == std::vector<std::string>{"hello"},
               boost::test_tools::per_element());
    BOOST_TEST(seen->targets.size() == 1u);
    BOOST_TEST(seen->failed == 0);
}

COPG_COROUTINE_TEST(a_backend_that_is_terminated_in_mid_query_is_a_definite_error) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto killer = co_await connection::connect(cluster().dsn().c_str());
    auto const executor = co_await asio::this_coro::executor;
    std::exception_ptr failure;
    asio::co_spawn(executor,
                   c.execute("select pg_sleep(60)"),
                   [&](std::exception_ptr thrown, auto) { failure = std::move(thrown); });
    co_await killer.execute("select pg_terminate_backend($1)", c.backend_pid());
    co_await eventually([&] { return failure != nullptr; });
    BOOST_TEST((describe(failure).code == sqlstate::admin_shutdown));
    BOOST_TEST(!c.is_open());
    auto const after = co_await end_of(c.ping());
    BOOST_TEST((after.code == errc::connection_lost));
    BOOST_TEST(after.message.find("terminating connection") != std::string::npos, after.message);
}

COPG_COROUTINE_TEST(a_late_cancellation_does_not_reach_what_runs_after_it) {
    auto c = co_await connection::connect(cluster().dsn().c_str());
    auto const executor = co_await asio::this_coro::executor;
    asio::cancellation_signal signal;
    auto ended = false;
    asio::co_spawn(executor,
                   c.execute("select 1"),
                   asio::bind_cancellation_slot(signal.slot(),
                                                [&](std::exception_ptr, auto) { ended = true; }));
    co_await eventually([&] { return ended; });
    signal.emit(asio::cancellation_type::terminal);
    co_await c.ping();
}

BOOST_AUTO_TEST_CASE(a_loop_that_is_destroyed_in_mid_query_leaves_nothing_behind) {
    std::optional<int> pid;
    {
        asio::io_context loop;
        auto const body = [&]() -> asio::awaitable<void> {
            auto c = co_await connection::connect(cluster().dsn().c_str());
            pid = c.backend_pid();
            co_await c.execute("select pg_sleep(60)");
        };
        asio::co_spawn(loop, body, [](std::exception_ptr) {});
        while (!pid)
            loop.run_one();
    }
    // The socket is closed: the server notices when it is told to look.
    auto const gone = [&]() -> asio::awaitable<void> {
        auto c = co_await connection::connect(cluster().dsn().c_str());
        auto left = std::int64_t{1};
        while (left != 0) { // the first look may come before the statement
            co_await c.execute("select pg_cancel_backend($1)", *pid);
            auto const count = co_await c.fetch_one<std::int64_t>(
                "select count(*) from pg_stat_activity where pid = $1", *pid);
            left = count;
        }
    };
    run(gone());
}

BOOST_AUTO_TEST_SUITE_END()
