// SPDX-License-Identifier: BSL-1.0
// Transactions that go with the coroutine: the parts between the marks are in
// docs/guide/transactions.md.
// Needs: a server whose connection string is the first argument, and a database to write to.
#include <copg/copg.hpp>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr char const* set_up = R"(
    create table stock (item text primary key, pieces int not null check (pieces >= 0));
    insert into stock values ('anvil', 10), ('rocket', 0);
    create table purchase (id bigint generated always as identity, item text, state text);
    create table audit (note text);
)";

// [join]
asio::awaitable<void> take(copg::database shop, std::string item) {
    auto const body = [&]() -> asio::awaitable<void> {
        co_await shop.execute("update stock set pieces = pieces - 1 where item = $1", item);
    };
    co_await copg::transaction(shop, body); // by itself a transaction, inside one a part of it
}

asio::awaitable<std::int64_t> buy(copg::database shop, std::string item) {
    auto const body = [&]() -> asio::awaitable<std::int64_t> {
        auto id = co_await shop.fetch_one<std::int64_t>(
            "insert into purchase (item, state) values ($1, 'paid') returning id", item);
        co_await take(shop, item);
        co_return id;
    };
    auto id = co_await copg::transaction(shop, body); // one BEGIN, one COMMIT
    co_return id;
}
// [join]

asio::awaitable<void> with_options(copg::database shop, copg::retry_budget budget) {
    auto const body = [&]() { return take(shop, "anvil"); };
    // [options]
    auto const options = copg::transaction_options{}
                             .isolation(copg::isolation::serializable)
                             .retry(copg::transaction_options::serialization_retries(), budget)
                             .timeout(2s) // for all runs of the body together
                             .resolvable();
    co_await copg::transaction("shop", body, options);
    // [options]
    std::cout << "retries left: " << budget.left() << '\n';
}

asio::awaitable<void> with_savepoint(copg::database shop) {
    // [savepoint]
    auto const by_itself = copg::transaction_options{}.nesting(copg::nesting::savepoint);
    auto const reserve = [&]() { return take(shop, "rocket"); }; // there is none: 23514
    auto const body = [&]() -> asio::awaitable<std::string> {
        std::string state = "paid";
        try {
            co_await copg::transaction(shop, reserve, by_itself);
        } catch (copg::sql_error const& e) {
            if (e.code() != copg::sqlstate::check_violation)
                throw;
            state = "on order";
        }
        co_await shop.execute("insert into purchase (item, state) values ('rocket', $1)", state);
        co_return state;
    };
    auto const state = co_await copg::transaction(shop, body);
    // [savepoint]
    std::cout << "rocket: " << state << '\n';
}

asio::awaitable<void> with_scope(copg::database shop, bool dry_run) {
    auto const send_mail = []() -> asio::awaitable<void> {
        std::cout << "mail sent\n";
        co_return;
    };
    // [scope]
    auto const body = [&](copg::transaction_scope scope) -> asio::awaitable<void> {
        co_await scope.execute("insert into purchase (item, state) values ('anvil', 'paid')");
        scope.after_commit(send_mail);
        if (dry_run)
            scope.set_rollback_only();
    };
    try {
        co_await copg::transaction(shop, body);
    } catch (copg::transaction_error const& e) {
        std::cout << to_string(e.outcome()) << '\n';
    }
    // [scope]
}

asio::awaitable<void> with_last_statement(copg::database shop) {
    // [last]
    auto const body = [&](copg::transaction_scope scope) -> asio::awaitable<void> {
        co_await take(shop, "anvil");
        co_await scope.execute_and_commit("insert into purchase (item) values ('anvil')");
        std::cout << "committed\n";
    };
    co_await copg::transaction(shop, body);
    // [last]
}

// [current]
asio::awaitable<void> note(copg::database shop, std::string text) {
    auto const insert = [&]() -> asio::awaitable<void> {
        co_await shop.execute("insert into audit values ($1)", text);
    };
    auto const scope = co_await copg::current_transaction(shop);
    if (scope)
        scope->external_effect(); // what is written below stays: the body must not run again
    co_await copg::without_transaction(insert);
}
// [current]

asio::awaitable<void> with_two_names(copg::manager manager) {
    // [names]
    auto const shop = manager.named("shop");
    auto const log = manager.named("log");
    auto const inner = [&]() -> asio::awaitable<void> {
        co_await shop.execute("delete from purchase where state is null");
        co_await log.execute("insert into audit values ('swept')");
    };
    auto const outer = [&]() { return copg::transaction("log", inner); }; // commits first
    co_await copg::transaction("shop", outer);
    // [names]
}

asio::awaitable<void> with_lease(copg::database shop) {
    // [lease]
    auto const body = [&]() -> asio::awaitable<void> {
        auto lent = co_await shop.acquire(); // the scope's own connection
        auto part = co_await lent.begin();   // a savepoint in it
        co_await part.execute("delete from purchase");
        co_await part.rollback();
        lent.release(); // leaves the connection to the scope
        co_await take(shop, "anvil");
    };
    co_await copg::transaction(shop, body);
    // [lease]
}

asio::awaitable<void> in_parallel(copg::database shop) {
    // [parallel]
    using namespace asio::experimental::awaitable_operators;
    auto const body = [&]() -> asio::awaitable<void> {
        co_await (take(shop, "anvil") && note(shop, "one anvil taken"));
    };
    co_await copg::transaction(shop, body);
    // [parallel]
}

asio::awaitable<void> until_known(copg::database shop) {
    auto const body = [&]() { return take(shop, "anvil"); };
    // [doubt]
    auto const options = copg::transaction_options{}.resolvable();
    std::optional<copg::transaction_error> doubt;
    try {
        co_await copg::transaction(shop, body, options);
    } catch (copg::transaction_error const& e) {
        if (e.code() != copg::errc::transaction_in_doubt)
            throw;
        doubt = e; // a handler cannot await
    }
    auto outcome = copg::transaction_outcome::committed;
    if (doubt)
        outcome = co_await copg::resolve_in_doubt(*doubt);
    // [doubt]
    std::cout << to_string(outcome) << '\n';
}

asio::awaitable<void> on_other_executors(copg::database shop) {
    asio::thread_pool threads{1};
    // [reach]
    auto const body = [&]() -> asio::awaitable<void> {
        auto const inside = co_await asio::this_coro::executor;
        auto const strand = asio::make_strand(inside);
        co_await asio::co_spawn(strand, take(shop, "anvil"), asio::use_awaitable); // joins

        auto const there = co_await copg::inherit(threads.get_executor());
        co_await asio::co_spawn(there, take(shop, "anvil"), asio::use_awaitable); // joins

        auto const outside = copg::leave_scope(inside);
        asio::co_spawn(outside, note(shop, "background"), asio::detached); // does not
    };
    co_await copg::transaction(shop, body);
    // [reach]
    threads.join();
}

asio::awaitable<void> show(std::string dsn) {
    copg::manager manager{co_await asio::this_coro::executor};
    manager.set_named("shop", {.dsn = dsn, .schema = "public"});
    manager.set_named("log", {.dsn = dsn, .schema = "public"});
    auto const shop = manager.named("shop");
    co_await shop.execute_script(set_up);
    auto const id = co_await buy(shop, "anvil");
    std::cout << "purchase " << id << '\n';
    copg::retry_budget const budget;
    co_await with_options(shop, budget);
    co_await with_savepoint(shop);
    co_await with_scope(shop, false);
    co_await with_scope(shop, true);
    co_await with_last_statement(shop);
    co_await with_two_names(manager);
    co_await with_lease(shop);
    co_await in_parallel(shop);
    co_await until_known(shop);
    co_await on_other_executors(shop);
    auto const left = co_await shop.fetch_one<int>("select pieces from stock where item = 'anvil'");
    std::cout << left << " anvils left\n";
}

} // namespace

int main(int argc, char** argv) {
    asio::io_context loop;
    asio::co_spawn(loop, show(argc > 1 ? argv[1] : ""), [](std::exception_ptr failure) {
        if (failure)
            std::rethrow_exception(failure);
    });
    loop.run();
}
