// SPDX-License-Identifier: BSL-1.0
// Transfers under serializable isolation, with retries, while connections are killed and cut:
// what a caller was told is what the table says.
#include "model/walker.hpp"
#include "support/cluster.hpp"
#include "support/fault_proxy.hpp"
#include "support/pools.hpp"

#include <copg/base/sql_error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

using namespace copg::test;
using copg::database;
using copg::transaction_outcome;
using copg::model::dice;

namespace {

constexpr int accounts = 50;
constexpr int customers = 100;
constexpr int transfers_each = 30;
constexpr auto opening_time = 9s;

class bank {
public:
    explicit bank(std::uint64_t seed) : random_{seed} {
        scratch_.execute({"create table account (id int primary key, amount int not null)",
                          "insert into account select i, 100 from generate_series(1, 50) i",
                          "create table log (id int primary key)"});
    }

    void run();

private:
    asio::awaitable<void> open();
    asio::awaitable<void> disturb(database direct);
    asio::awaitable<void> serve(database teller, std::uint64_t seed, int customer);
    asio::awaitable<void> transfer(database teller, std::uint64_t seed, int id);
    asio::awaitable<void> resolve(copg::transaction_error doubt, int id);
    asio::awaitable<void> check(database direct);

    scratch_database scratch_;
    fault_proxy proxy_{cluster().port()};
    dice random_;
    std::chrono::steady_clock::time_point const closing_ =
        std::chrono::steady_clock::now() + opening_time;
    int customers_left_ = customers;
    std::set<int> done_;
    std::set<int> failed_;
    int in_doubt_ = 0;
    int unresolved_ = 0;
    int disturbances_ = 0;
};

void bank::run() {
    constexpr auto limit = 100s;
    asio::io_context loop;
    auto ended = false;
    asio::co_spawn(loop, open(), [&ended](std::exception_ptr thrown) {
        ended = true;
        if (thrown)
            BOOST_ERROR("the bank failed: " << describe(thrown).message);
    });
    loop.run_for(limit);
    BOOST_TEST(ended);
}

asio::awaitable<void> bank::open() {
    auto const executor = co_await asio::this_coro::executor;
    auto const dsn = proxy_.dsn(scratch_.name()) + "?application_name=teller";
    auto const pool = co_await make_pool(dsn, at_most(12));
    auto const aside = co_await make_pool(scratch_.dsn(), at_most(1));
    database const teller{pool};
    database const direct{aside};
    for (int customer = 0; customer < customers; ++customer)
        asio::co_spawn(
            executor, serve(teller, random_.seed(), customer), [this](std::exception_ptr thrown) {
                --customers_left_;
                if (thrown)
                    BOOST_ERROR("a customer failed: " << describe(thrown).message);
            });
    co_await disturb(direct);
    co_await check(direct);
    BOOST_TEST(pool.statistics().in_use == 0u);
}

/// Kills backends and cuts links until all customers have gone.
asio::awaitable<void> bank::disturb(database direct) {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    while (customers_left_ > 0) {
        timer.expires_after(std::chrono::milliseconds{10 + random_.below(80)});
        co_await timer.async_wait(asio::use_awaitable);
        ++disturbances_;
        if (random_.one_in(8))
            proxy_.cut_existing_after_answered(1 + static_cast<std::size_t>(random_.below(5'000)));
        else
            co_await direct.execute("select pg_terminate_backend(pid) from pg_stat_activity where "
                                    "application_name = 'teller' order by random() limit 1");
    }
}

asio::awaitable<void> bank::serve(database teller, std::uint64_t seed, int customer) {
    dice random{seed};
    for (int number = 0; number < transfers_each; ++number) {
        if (std::chrono::steady_clock::now() > closing_)
            co_return;
        co_await transfer(teller, random.seed(), customer * transfers_each + number);
    }
}

asio::awaitable<void> bank::transfer(database teller, std::uint64_t seed, int id) {
    dice random{seed};
    auto const from = 1 + random.below(accounts);
    auto const to = 1 + (from + random.below(accounts - 1)) % accounts;
    auto const body = [&]() -> asio::awaitable<void> {
        auto const amount =
            co_await teller.fetch_one<int>("select amount from account where id = $1", from);
        auto const moved = std::min(amount, 7);
        co_await teller.execute(
            "update account set amount = $2 where id = $1", from, amount - moved);
        co_await teller.execute("update account set amount = amount + $2 where id = $1", to, moved);
        co_await teller.execute("insert into log values ($1)", id);
    };
    auto const options =
        copg::transaction_options{}.isolation(copg::isolation::serializable).resolvable().retry();
    std::optional<copg::transaction_error> doubt;
    auto running = transaction(teller, body, options);
    try {
        co_await std::move(running);
        done_.insert(id);
        co_return;
    } catch (copg::transaction_error const& e) {
        if (e.outcome() == transaction_outcome::in_doubt)
            doubt.emplace(e);
    } catch (std::exception const&) { // rolled back
    }
    if (doubt)
        co_await resolve(*doubt, id);
    else
        failed_.insert(id);
}

asio::awaitable<void> bank::resolve(copg::transaction_error doubt, int id) {
    ++in_doubt_;
    auto outcome = transaction_outcome::in_doubt;
    for (int tries = 0; tries < 20 && outcome == transaction_outcome::in_doubt; ++tries) {
        try {
            outcome = co_await resolve_in_doubt(doubt);
        } catch (std::exception const&) { // the connection that asked was killed as well
        }
    }
    unresolved_ += outcome == transaction_outcome::in_doubt ? 1 : 0;
    (outcome == transaction_outcome::committed ? done_ : failed_).insert(id);
}

asio::awaitable<void> bank::check(database direct) {
    auto const sum = co_await direct.fetch_one<std::int64_t>("select sum(amount) from account");
    BOOST_TEST(sum == 100 * accounts);
    auto const logged = co_await direct.fetch<int>("select id from log order by id");
    BOOST_TEST(logged == std::vector<int>(done_.begin(), done_.end()),
               boost::test_tools::per_element());
    BOOST_TEST(unresolved_ == 0);
    BOOST_TEST(done_.size() > 20u);
    BOOST_TEST(disturbances_ > 20);
    BOOST_TEST_MESSAGE(done_.size() << " done, " << failed_.size() << " failed, " << in_doubt_
                                    << " were in doubt, " << disturbances_ << " disturbances");
}

asio::awaitable<void> fail_serialization(database target, int& runs) {
    ++runs;
    co_await target.execute("do $$ begin raise sqlstate '40001'; end $$");
}

} // namespace

BOOST_AUTO_TEST_SUITE(test_bank)

BOOST_AUTO_TEST_CASE(every_transfer_is_done_once_or_not_as_its_customer_was_told) {
    bank{20'241}.run();
}

COPG_COROUTINE_TEST(a_retry_budget_of_one_allows_one_retry) {
    scratch_database const scratch;
    auto const pool = co_await make_pool(scratch.dsn(), at_most(1));
    database const target{pool};
    copg::retry_budget const budget{0, 1};
    auto runs = 0;
    auto const body = [&] { return fail_serialization(target, runs); };
    auto const options = copg::transaction_options{}.retry(
        copg::transaction_options::serialization_retries(), budget);
    for (int i = 0; i < 10; ++i) {
        auto const end = co_await end_of(transaction(target, body, options));
        BOOST_TEST((end.code == copg::sqlstate::serialization_failure), end.message);
    }
    BOOST_TEST(runs == 11);
    auto const well = [&]() -> asio::awaitable<void> { co_await target.execute("select 1"); };
    co_await transaction(target, well, options);
    co_await end_of(transaction(target, body, options));
    BOOST_TEST(runs == 12, "a success puts nothing back");
}

BOOST_AUTO_TEST_SUITE_END()
