// SPDX-License-Identifier: BSL-1.0
// How a program's scopes and parallel parts are put together.
#include "model/walker.hpp"
#include "support/coroutine_test.hpp"

#include <copg/base/with_deadline.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

namespace copg::model {

place place::copy() const {
    auto same = *this;
    same.leases = std::make_shared<std::vector<std::shared_ptr<lease const>>>(*leases);
    return same;
}

asio::awaitable<void>
walker::inside(place at, std::uint64_t seed, bool joined, std::shared_ptr<body_note> noted) {
    noted->started = true;
    if (!joined)
        observe([&] { model_.open(at.level); });
    auto const level = at.level;
    auto const outermost = at.depth == 0;
    auto running = steps(std::move(at), seed);
    try {
        co_await std::move(running);
    } catch (...) {
        noted->failure = std::current_exception();
    }
    auto const failed = noted->failure != nullptr;
    note(fmt::format(
        "end of {} {}{}", joined ? "a part of" : "level", level, failed ? ", failed" : ""));
    observe([&] {
        if (outermost)
            model_.close_outermost(failed);
        else if (!joined)
            model_.close(level, failed);
        else if (failed)
            model_.veto(level, true);
    });
    if (failed)
        std::rethrow_exception(noted->failure);
}

asio::awaitable<void> walker::steps(place at, std::uint64_t seed) {
    dice random{seed};
    for (auto left = 1 + random.below(at.depth == 0 ? 5 : 3); left > 0; --left) {
        auto const swallows = random.one_in(2);
        auto const gives_up = random.one_in(2);
        std::exception_ptr failure;
        auto running = next(at, random);
        try {
            co_await std::move(running);
        } catch (...) {
            failure = std::current_exception();
        }
        if (violation_)
            std::rethrow_exception(violation_);
        if (failure && !swallows)
            std::rethrow_exception(failure);
        auto const state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() == asio::cancellation_type::none)
            continue;
        if (failure && gives_up) // having swallowed its own cancellation
            std::rethrow_exception(failure);
        co_return;
    }
    if (random.one_in(8))
        throw thrown_by_body{};
}

asio::awaitable<void> walker::next(place const& at, dice& random) {
    auto piece = next_piece(at, random);
    if (!random.one_in(8))
        return piece;
    auto const after = std::chrono::microseconds{random.below(3) * random.below(300)};
    note(fmt::format("the next one is cancelled after {} us", after.count()));
    return cut_short(std::move(piece), after, random.one_in(2));
}

asio::awaitable<void> walker::next_piece(place const& at, dice& random) {
    auto const seed = random.seed();
    auto const kind = random.below(20);
    if (kind < 4 && at.depth < 4) {
        transaction_options options;
        options.nesting(kind < 2 ? nesting::savepoint : nesting::joined);
        return nested(at.copy(), seed, options);
    }
    if (kind == 4 && at.depth < 3 && at.keys > 1)
        return parallel(at.copy(), seed);
    if (kind == 5)
        return hidden(at, seed);
    if (kind == 6)
        return lend(at);
    if (kind < 9)
        return add_callback(at, seed);
    if (kind == 9 && random.one_in(4))
        return forbid(at, seed);
    if (kind < 12 && with_kill_)
        return kill(at, seed);
    constexpr action actions[] = {action::insert,
                                  action::insert,
                                  action::update,
                                  action::update,
                                  action::erase,
                                  action::read,
                                  action::read,
                                  action::fail};
    auto const what = actions[random.below(std::size(actions))];
    auto const key = at.first_key + random.below(at.keys);
    return statement(at, request{what, key, ++last_value_}, seed);
}

asio::awaitable<void> walker::nested(place at, std::uint64_t seed, transaction_options options) {
    auto const joined = options.nesting() == nesting::joined;
    auto const id = joined ? at.level : ++last_id_;
    auto const outer = at.level;
    at.level = id;
    ++at.depth;
    note(joined ? fmt::format("joins {}", id) : fmt::format("level {} in {}", id, outer));
    auto const noted = std::make_shared<body_note>();
    auto const body = [this, &at, seed, joined, noted, id](transaction_scope scope) {
        at.scopes.emplace_back(id, std::move(scope));
        return inside(at, seed, joined, noted);
    };
    std::exception_ptr failure;
    auto running = transaction(target_, body, options);
    try {
        co_await std::move(running);
    } catch (...) {
        failure = std::current_exception();
        note(fmt::format("the caller of {} got {}", id, copg::test::describe(failure).message));
    }
    observe([&] {
        if (!noted->started && !is_cancelled(failure))
            throw violation{"a nested body that was not cancelled did not start"};
        if (!noted->started && joined) // it may have been about to
            model_.veto(id, false);
        else if (noted->started && joined && failure != noted->failure)
            throw violation{"a joined part told something else than its body"};
        else if (noted->started && !joined && !failure)
            model_.learnt(id, told::returned);
        else if (noted->started && !joined)
            model_.learnt(id, failure == noted->failure ? told::rethrown : told::aborted);
        auto const known = !failure || failure == noted->failure || !noted->started ||
                           has_code(failure, errc::transaction_aborted);
        if (!known)
            throw violation{"a nested part told neither what its body did nor that it aborted"};
    });
    if (failure)
        std::rethrow_exception(failure);
}

asio::awaitable<void> walker::parallel(place at, std::uint64_t seed) {
    using namespace asio::experimental::awaitable_operators;
    dice random{seed};
    note("two in parallel");
    has_parallel_ = true;
    ++at.depth;
    at.keys /= 2;
    auto other = at.copy();
    other.first_key += at.keys;
    auto one = steps(std::move(at), random.seed());
    auto two = steps(std::move(other), random.seed());
    co_await (std::move(one) && std::move(two));
}

asio::awaitable<void>
walker::cut_short(part piece, std::chrono::microseconds after, bool by_deadline) {
    if (by_deadline) {
        co_await with_deadline(after, std::move(piece));
        co_return;
    }
    auto const executor = co_await asio::this_coro::executor;
    auto const signal = std::make_shared<asio::cancellation_signal>();
    asio::steady_timer timer{executor, after};
    timer.async_wait([signal](boost::system::error_code const& stopped) {
        if (!stopped)
            signal->emit(asio::cancellation_type::terminal);
    });
    auto token = asio::bind_cancellation_slot(signal->slot(), asio::use_awaitable);
    co_await asio::co_spawn(executor, std::move(piece), token);
}

} // namespace copg::model
