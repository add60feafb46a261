// SPDX-License-Identifier: BSL-1.0
// Programs of nested transaction scopes at random, each beside a model of what may become of it.
//
// $COPG_PROGRAMS says how many; $COPG_SEED runs one again.
#include "model/walker.hpp"
#include "support/cluster.hpp"
#include "support/pools.hpp"

#include <boost/asio/co_spawn.hpp>

#include <cstdlib>
#include <string>

using namespace copg::test;
using copg::database;
using copg::session;

namespace {

constexpr int workers = 6;

std::uint64_t number_from_environment(char const* name, std::uint64_t otherwise) {
    auto const* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Several coroutines, each on a pool and a schema of its own, that run programs until none is
/// left.
class program_run {
public:
    program_run(std::uint64_t first, std::uint64_t last) : next_{first}, last_{last} {}

    void run();

private:
    asio::awaitable<void> work(int number);
    asio::awaitable<void> check_backends(database target, std::string name);

    scratch_database scratch_;
    std::uint64_t next_;
    std::uint64_t const last_;
    int faults_ = 0;
};

void program_run::run() {
    constexpr auto limit = 280s;
    asio::io_context loop;
    auto ended = 0;
    for (int number = 0; number < workers; ++number)
        asio::co_spawn(loop, work(number), [&ended](std::exception_ptr thrown) {
            ++ended;
            if (thrown)
                BOOST_ERROR("a worker failed: " << describe(thrown).message);
        });
    loop.run_for(limit);
    BOOST_TEST(ended == workers, "stuck before program " << next_);
}

asio::awaitable<void> program_run::work(int number) {
    auto const name = "worker_" + std::to_string(number);
    scratch_.execute({("create schema " + name).c_str(),
                      ("create table " + name + ".item (id int primary key, value int)").c_str(),
                      ("create table " + name + ".aside (id int primary key, value int)").c_str()});
    auto const dsn = scratch_.dsn();
    auto const killers = co_await make_pool(dsn, at_most(1));
    auto const pool = co_await make_pool(dsn + " application_name=" + name, at_most(2));
    database const target{pool, session{name}};
    database const killer{killers, session{}};
    while (next_ <= last_ && faults_ < 5) {
        auto const seed = next_++;
        copg::model::walker program{target, killer, seed};
        std::exception_ptr fault;
        try {
            co_await program.run();
        } catch (...) {
            fault = std::current_exception();
        }
        if (!fault)
            continue;
        ++faults_;
        BOOST_ERROR(describe(fault).message << "\nreplay with COPG_SEED=" << seed
                                            << program.trace());
    }
    co_await check_backends(target, name);
}

/// No connection was lost sight of, and none is in a transaction.
asio::awaitable<void> program_run::check_backends(database target, std::string name) {
    auto const backends = co_await target.fetch_one<std::int64_t>(
        "select count(*) from pg_stat_activity where application_name = $1", name);
    auto const open = co_await target.fetch_one<std::int64_t>(
        "select count(*) from pg_stat_activity where application_name = $1 and state like 'idle %'",
        name);
    BOOST_TEST(backends == static_cast<std::int64_t>(target.pool().statistics().open));
    BOOST_TEST(open == 0);
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_scope_model)

BOOST_AUTO_TEST_CASE(every_program_of_scopes_ends_as_the_model_says) {
    auto const replay = number_from_environment("COPG_SEED", 0);
    auto const last = replay != 0 ? replay : number_from_environment("COPG_PROGRAMS", 10'000);
    program_run programs{replay != 0 ? replay : 1, last};
    programs.run();
}

BOOST_AUTO_TEST_SUITE_END()
