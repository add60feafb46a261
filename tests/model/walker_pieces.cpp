// SPDX-License-Identifier: BSL-1.0
// What a program's bodies do: each tells the model what it has seen.
#include "model/walker.hpp"
#include "support/coroutine_test.hpp"

#include <copg/base/sql_error.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <fmt/format.h>

#include <tuple>

namespace copg::model {
namespace {

constexpr char const* upsert =
    "insert into aside values ($1, $2) on conflict (id) do update set value = excluded.value";

/// @param target  awaited at once
template <class Target>
asio::awaitable<void> run_on(Target const& target, request wanted, reply& seen) {
    command_result done;
    switch (wanted.what) {
    case action::insert:
        done =
            co_await target.execute("insert into item values ($1, $2)", wanted.key, wanted.value);
        break;
    case action::update:
        done = co_await target.execute(
            "update item set value = $2 where id = $1", wanted.key, wanted.value);
        break;
    case action::erase:
        done = co_await target.execute("delete from item where id = $1", wanted.key);
        break;
    case action::fail:
        done = co_await target.execute("select 1 / $1::int", 0);
        break;
    case action::read: {
        auto const rows =
            co_await target.template fetch<std::tuple<int, int>>("select id, value from item");
        for (auto const& [id, value] : rows)
            seen.seen[id] = value;
        done.rows_affected = rows.size();
        break;
    }
    }
    seen.rows = done.rows_affected;
}

} // namespace

answer answer_of(std::exception_ptr const& failure) {
    auto const end = test::describe(failure);
    if (end.code == std::errc::operation_canceled)
        return answer::cancelled;
    if (end.code == sqlstate::unique_violation)
        return answer::duplicate;
    if (end.code == sqlstate::division_by_zero)
        return answer::division;
    if (end.code == sqlstate::in_failed_sql_transaction)
        return answer::refused;
    if (end.code == errc::connection_lost || end.code == sqlstate::admin_shutdown)
        return answer::lost;
    throw violation{fmt::format("a statement ended with {}: {}", end.code.message(), end.message)};
}

asio::awaitable<void> walker::statement(place at, request wanted, std::uint64_t seed) {
    reply seen;
    std::exception_ptr failure;
    auto running = send(at, wanted, seed, seen);
    try {
        co_await std::move(running);
    } catch (...) {
        failure = std::current_exception();
    }
    observe([&] {
        if (failure)
            seen.what = answer_of(failure);
        note(fmt::format("in {}: action {} of row {} (to {}): answer {}, {} rows {}",
                         at.level,
                         static_cast<int>(wanted.what),
                         wanted.key,
                         wanted.value,
                         static_cast<int>(seen.what),
                         seen.rows,
                         failure ? test::describe(failure).message : std::string{}));
        model_.statement(wanted, seen);
    });
    if (failure)
        std::rethrow_exception(failure);
}

asio::awaitable<void> walker::send(place at, request wanted, std::uint64_t seed, reply& seen) {
    dice random{seed};
    auto const way = random.below(3);
    if (way == 0 && !at.leases->empty()) {
        auto const held = random.pick(*at.leases);
        co_await run_on(*held, wanted, seen);
    } else if (way == 1) {
        auto const scope = random.pick(at.scopes).second;
        co_await run_on(scope, wanted, seen);
    } else {
        co_await run_on(target_, wanted, seen);
    }
}

asio::awaitable<void> walker::lend(place at) {
    auto held = co_await target_.acquire();
    at.leases->push_back(std::make_shared<lease const>(std::move(held)));
}

asio::awaitable<void> walker::hidden(place at, std::uint64_t seed) {
    dice random{seed};
    auto const together = random.one_in(3);
    auto const key = at.first_key + random.below(at.keys);
    auto const value = ++last_value_;
    auto const inner = random.seed();
    auto const body = [&] {
        return together ? write_aside_together(at, inner) : write_aside(key, value);
    };
    auto running = without_transaction(body);
    co_await std::move(running);
}

asio::awaitable<void> walker::write_aside(int key, int value) {
    std::exception_ptr failure;
    try {
        co_await target_.execute(upsert, key, value);
    } catch (...) {
        failure = std::current_exception();
    }
    note(fmt::format("aside {} = {}{}", key, value, failure ? ", failed" : ""));
    observe([&] {
        if (failure && !is_cancelled(failure))
            throw violation{"aside: " + test::describe(failure).message};
        model_.written_aside(key, value, !failure);
    });
    if (failure)
        std::rethrow_exception(failure);
}

asio::awaitable<void> walker::write_aside_together(place at, std::uint64_t seed) {
    dice random{seed};
    auto const value = ++last_value_;
    auto const throws = random.one_in(3);
    auto const other = at.first_key + at.keys - 1;
    auto const body = [&]() -> asio::awaitable<void> {
        co_await target_.execute(upsert, at.first_key, value);
        co_await target_.execute(upsert, other, value);
        if (throws)
            throw thrown_by_body{};
    };
    std::exception_ptr failure;
    auto running = transaction(target_, body);
    try {
        co_await std::move(running);
    } catch (thrown_by_body const&) {
        co_return;
    } catch (...) {
        failure = std::current_exception();
    }
    note(fmt::format("aside, together: {}{}", value, failure ? ", failed" : ""));
    observe([&] {
        if (failure && !is_cancelled(failure))
            throw violation{"a transaction aside: " + test::describe(failure).message};
        if (failure)
            return;
        model_.written_aside(at.first_key, value, true);
        model_.written_aside(other, value, true);
    });
    if (failure)
        std::rethrow_exception(failure);
}

asio::awaitable<void> walker::add_callback(place at, std::uint64_t seed) {
    dice random{seed};
    auto const& [level, scope] = random.pick(at.scopes);
    auto const on_commit = random.one_in(2);
    auto const throws = random.one_in(20);
    auto const id = ++last_id_;
    note(fmt::format("callback {} of {} {}{}",
                     id,
                     level,
                     on_commit ? "for commit" : "for rollback",
                     throws ? ", throws" : ""));
    auto const call = [this, id, throws] { return called(id, throws); };
    if (on_commit)
        scope.after_commit(call);
    else
        scope.after_rollback(call);
    auto const kind = on_commit ? callback::kind::on_commit : callback::kind::on_rollback;
    observe([&] { model_.waits_for_end(level, callback{kind, id, throws}); });
    co_return;
}

asio::awaitable<void> walker::called(int id, bool throws) {
    called_.push_back(id);
    auto const around = co_await current_transaction(target_);
    if (around)
        observe([] { throw violation{"a callback ran inside of the scope"}; });
    if (throws)
        throw thrown_by_body{};
}

asio::awaitable<void> walker::forbid(place at, std::uint64_t seed) {
    dice random{seed};
    auto const& [level, scope] = random.pick(at.scopes);
    note(fmt::format("{} can only be rolled back", level));
    scope.set_rollback_only();
    observe([&] {
        model_.veto(level, true);
        model_.vetoed(level, scope.is_rollback_only());
    });
    co_return;
}

asio::awaitable<void> walker::kill(place at, std::uint64_t seed) {
    dice random{seed};
    auto const pid = at.scopes.front().second.backend_pid();
    if (pid == 0 || killed_)
        co_return;
    note("kill");
    killed_ = true;
    kill_pending_ = true;
    observe([&] { model_.shake(false); });
    auto const executor = co_await asio::this_coro::executor;
    asio::co_spawn(executor, kill_later(pid), asio::detached);
    if (random.one_in(2))
        co_return;
    co_await test::eventually([this] { return !kill_pending_; });
    observe([&] { model_.shake(true); });
}

asio::awaitable<void> walker::kill_later(int pid) {
    auto const gone =
        co_await killer_.fetch_one<bool>("select pg_terminate_backend($1, 5000)", pid);
    if (!gone)
        note("the backend did not go");
    kill_pending_ = false;
}

} // namespace copg::model
