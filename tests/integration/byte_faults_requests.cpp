// SPDX-License-Identifier: BSL-1.0
#include "support/cluster.hpp"
#include "support/coroutine_test.hpp"
#include "support/fault_proxy.hpp"

#include <copg/driver/connection.hpp>

#include <functional>

using namespace copg::test;
using copg::batch;
using copg::connection;
using copg::errc;

namespace {

/// A kind of request that adds `adds` rows to t (i int) and checks everything that it reads.
struct request {
    char const* name;
    int adds;
    std::function<asio::awaitable<void>(connection&)> run;
};

asio::awaitable<void> run_batch(connection& c, batch::mode how) {
    batch wanted{how};
    wanted.add("insert into t values ($1) returning i", 1)
        .add("select 10 + $1", 5)
        .add("insert into t values ($1) returning i", 2);
    auto const outcomes = co_await c.pipeline(wanted);
    std::vector<int> seen;
    for (auto const& outcome : outcomes)
        for (auto const value : outcome.fetch<int>())
            seen.push_back(value);
    BOOST_TEST((seen == std::vector{1, 15, 2}));
}

asio::awaitable<void> run_independent(connection& c) {
    return run_batch(c, batch::mode::independent);
}

asio::awaitable<void> run_atomic(connection& c) {
    return run_batch(c, batch::mode::atomic);
}

asio::awaitable<void> run_stream(connection& c) {
    auto expected = 1;
    auto const check = [&expected](int value) { BOOST_TEST(value == expected++); };
    co_await c.for_each<int>(check, "insert into t select generate_series(1, 4) returning i");
    BOOST_TEST(expected == 5);
}

asio::awaitable<void> run_script(connection& c) {
    auto const done = co_await c.execute_script("insert into t values (1), (2); select 1");
    BOOST_TEST(done.size() == 2u);
}

asio::awaitable<void> run_copy_in(connection& c) {
    auto in = co_await c.copy_in<std::tuple<int>>("t", "i");
    for (int i = 0; i < 3; ++i)
        co_await in.write(std::tuple{i});
    auto const rows = co_await in.finish();
    BOOST_TEST(rows == 3u);
}

asio::awaitable<void> run_copy_out(connection& c) {
    auto out = co_await c.copy_out<int>("select generate_series(1, 3)");
    for (int i = 1; i <= 3; ++i) {
        auto const row = co_await out.next();
        BOOST_TEST((row == i));
    }
    auto const end = co_await out.next();
    BOOST_TEST(!end);
}

std::vector<request> const requests{{"independent batch", 2, run_independent},
                                    {"atomic batch", 2, run_atomic},
                                    {"stream", 4, run_stream},
                                    {"script", 2, run_script},
                                    {"copy in", 3, run_copy_in},
                                    {"copy out", 0, run_copy_out}};

struct fixture {
    fixture() { scratch.execute({"create table t (i int)"}); }

    int rows() const { return std::stoi(scratch.text("select count(*)::text from t")); }

    scratch_database scratch;
    fault_proxy proxy{cluster().port()};
};

asio::awaitable<void> cut_everywhere(fixture& f, copg::session bound_to, std::size_t step) {
    for (auto const& [name, adds, run] : requests) {
        BOOST_TEST_CONTEXT(name) {
            auto succeeded = false;
            constexpr std::size_t most = 3'000;
            for (std::size_t bytes = 1; bytes < most && !succeeded; bytes += step) {
                auto c = co_await connection::connect(f.proxy.dsn(f.scratch.name()), bound_to);
                auto const before = f.rows();
                f.proxy.cut_existing_after_answered(bytes);
                auto const end = co_await end_of(run(c));
                f.proxy.cut_existing_after_answered(1'000'000'000);
                succeeded = !end.code;
                auto const lost = end.code == errc::connection_lost;
                auto const definite = succeeded || lost || end.code == errc::statement_in_doubt;
                BOOST_TEST(definite, end.message << " at byte " << bytes);
                if (lost) // then nothing was committed
                    BOOST_TEST(f.rows() == before, "at byte " << bytes);
                if (succeeded)
                    BOOST_TEST(f.rows() == before + adds);
            }
            BOOST_TEST(succeeded);
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_byte_faults_of_requests)

COPG_COROUTINE_TEST(requests_whose_answers_come_byte_by_byte_give_the_same) {
    fixture f;
    faults split;
    split.single_bytes = true;
    f.proxy.set(split);
    for (auto const& [name, adds, run] : requests) {
        BOOST_TEST_CONTEXT(name) {
            auto c = co_await connection::connect(f.proxy.dsn(f.scratch.name()).c_str());
            auto const before = f.rows();
            co_await run(c);
            BOOST_TEST(f.rows() == before + adds);
        }
    }
}

COPG_COROUTINE_TEST(requests_cut_after_any_number_of_bytes_end_in_a_result_or_a_definite_error) {
    fixture f;
    co_await cut_everywhere(f, {}, 1);
}

COPG_COROUTINE_TEST(
    requests_under_a_session_cut_after_every_third_byte_end_in_a_result_or_a_definite_error) {
    fixture f;
    co_await cut_everywhere(f, "public", 3);
}

BOOST_AUTO_TEST_SUITE_END()
