// SPDX-License-Identifier: BSL-1.0
// A program as a whole: how it starts, what its caller learns, what is left behind.
#include "model/walker.hpp"

#include "support/coroutine_test.hpp"

#include <copg/base/sql_error.hpp>

#include <fmt/format.h>

#include <tuple>

namespace copg::model {

walker::walker(database target, database killer, std::uint64_t seed)
    : target_{std::move(target)},
      killer_{std::move(killer)},
      random_{seed},
      model_{world{}},
      with_kill_{random_.one_in(25)} {}

asio::awaitable<void> walker::run() {
    co_await start();
    auto running = whole(random_.seed());
    if (random_.one_in(12)) {
        auto const after = std::chrono::microseconds{random_.below(2'000)};
        running = cut_short(std::move(running), after, random_.one_in(2));
    }
    try {
        co_await std::move(running);
    } catch (...) { // whole() has told the model
    }
    if (violation_)
        std::rethrow_exception(violation_);
    co_await check_end();
}

asio::awaitable<void> walker::start() {
    world first;
    std::string fill = "delete from item; delete from aside";
    for (int key = 0; key < 8; ++key) {
        if (random_.one_in(2))
            continue;
        first.rows[key] = key;
        fill += fmt::format("; insert into item values ({}, {})", key, key);
    }
    model_ = worlds{std::move(first)};
    co_await target_.execute_script(fill);
}

asio::awaitable<void> walker::whole(std::uint64_t seed) {
    dice random{seed};
    transaction_options options;
    options.resolvable(random.one_in(with_kill_ ? 2 : 20));
    auto const inner = random.seed();
    auto const noted = std::make_shared<body_note>();
    auto const body = [this, noted, inner](transaction_scope scope) {
        place at;
        at.scopes.emplace_back(0, std::move(scope));
        return inside(std::move(at), inner, false, noted);
    };
    std::exception_ptr failure;
    auto running = transaction(target_, body, options);
    try {
        co_await std::move(running);
    } catch (...) {
        failure = std::current_exception();
    }
    observe([&] { learn_end(failure, *noted); });
    // A cancelled caller may ask as well.
    auto const throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    if (has_code(failure, errc::transaction_in_doubt))
        co_await resolve(failure);
    co_await asio::this_coro::throw_if_cancelled(throws);
}

void walker::learn_end(std::exception_ptr const& failure, body_note const& noted) {
    if (!noted.started) {
        if (!is_cancelled(failure))
            throw violation{"a body that was not cancelled did not start"};
        return;
    }
    if (!failure) {
        note("returned");
        model_.learnt(0, told::returned);
        return;
    }
    note("failed");
    if (failure == noted.failure) {
        model_.learnt(0, told::rethrown);
        return;
    }
    try {
        std::rethrow_exception(failure);
    } catch (transaction_error const& e) {
        note(e.what());
        auto how = told::aborted;
        auto outcome = transaction_outcome::rolled_back;
        if (e.code() == errc::transaction_in_doubt) {
            how = told::in_doubt;
            outcome = transaction_outcome::in_doubt;
        } else if (e.code() == errc::failed_after_commit) {
            how = told::failed_after;
            outcome = transaction_outcome::committed;
        }
        if (e.outcome() != outcome)
            throw violation{fmt::format("outcome {}: {}", to_string(e.outcome()), e.what())};
        model_.learnt(0, how);
    } catch (sql_error const& e) {
        note(e.what());
        if (e.state() != sqlstate::admin_shutdown)
            throw violation{fmt::format("the caller got {}", e.what())};
        model_.learnt(0, told::servers);
    } catch (std::exception const& e) {
        throw violation{fmt::format("the caller got {}", e.what())};
    }
}

asio::awaitable<void> walker::resolve(std::exception_ptr failure) {
    std::optional<transaction_error> doubt;
    try {
        std::rethrow_exception(failure);
    } catch (transaction_error const& e) {
        doubt.emplace(e);
    }
    auto outcome = transaction_outcome::in_doubt;
    auto asking = resolve_in_doubt(*doubt);
    try {
        outcome = co_await std::move(asking);
    } catch (transaction_error const& e) {
        outcome = e.outcome();
    }
    note(fmt::format("resolved: {}", to_string(outcome)));
    if (outcome != transaction_outcome::in_doubt)
        observe([&] { model_.resolved(outcome == transaction_outcome::committed); });
    else if (!doubt->transaction_id().empty())
        observe([] { throw violation{"its id was known, its outcome was not"}; });
}

asio::awaitable<void> walker::check_end() {
    auto const& pool = target_.pool();
    auto const quiet = [this, &pool] {
        auto const now = pool.statistics();
        return !kill_pending_ && now.in_use == 0 && now.closing == 0 && now.waiting == 0;
    };
    co_await test::eventually(quiet);
    for (int tries = with_kill_ ? 5 : 1; tries > 0; --tries) {
        auto const checked = co_await try_check();
        if (checked)
            co_return;
    }
    throw violation{"the pool's connections are of no use"};
}

/// @return whether the connection was alive
asio::awaitable<bool> walker::try_check() {
    using row = std::tuple<int, int, int>;
    std::vector<row> rows;
    try {
        rows = co_await target_.fetch<row>(
            "select 0, id, value from item union all select 1, id, value from aside");
    } catch (std::exception const& e) {
        note(e.what());
        co_return false;
    }
    table items;
    table aside;
    for (auto const& [which, id, value] : rows)
        (which == 0 ? items : aside)[id] = value;
    observe([&] { model_.ended(items, aside, called_, !has_parallel_); });
    co_return true;
}

void walker::note(std::string const& what) {
    trace_ += "\n  " + what;
}

bool has_code(std::exception_ptr const& failure, std::error_code code) {
    return failure != nullptr && test::describe(failure).code == code;
}

bool is_cancelled(std::exception_ptr const& failure) {
    if (failure == nullptr)
        return false;
    auto const code = test::describe(failure).code;
    return code == std::errc::operation_canceled || code == errc::deadline_exceeded;
}

} // namespace copg::model
