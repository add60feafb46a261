// SPDX-License-Identifier: BSL-1.0
#include "base/exception_text.hpp"
#include "scope/transaction_story.hpp"

#include <copg/base/sql_error.hpp>
#include <copg/base/with_deadline.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace copg {
namespace {

using detail::transaction_story;
using clock = std::chrono::steady_clock;

/// What the server knows: null when it is not the one that it was, or has forgotten.
constexpr char const* status_question =
    "select case when not pg_catalog.pg_is_in_recovery() and "
    "pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8) = $2 "
    "then pg_catalog.pg_xact_status($1::text::pg_catalog.xid8) end";

asio::awaitable<std::optional<std::string>> ask(database where, detail::transaction_id id) {
    auto const held = co_await where.pool().acquire(where.session());
    try {
        auto status = co_await held.fetch_one<std::optional<std::string>>(
            status_question, id.number, id.timeline);
        co_return status;
    } catch (sql_error const& e) {
        if (e.code() != sqlstate::invalid_parameter_value) // an id in the future
            throw;
    }
    co_return std::nullopt;
}

asio::awaitable<void> wait(std::chrono::milliseconds time) {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, time};
    co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<transaction_outcome> ask_until(transaction_story const& story,
                                               std::chrono::milliseconds limit) {
    constexpr std::chrono::milliseconds longest_wait{250};
    auto const end = clock::now() + limit;
    for (std::chrono::milliseconds pause{5};; pause = std::min(2 * pause, longest_wait)) {
        auto const status = co_await ask(*story.where, story.id);
        if (status == "committed")
            co_return transaction_outcome::committed;
        if (status == "aborted")
            co_return transaction_outcome::rolled_back;
        if (status != "in progress" || clock::now() + pause >= end)
            co_return transaction_outcome::in_doubt;
        co_await wait(pause);
    }
}

[[noreturn]] void throw_follow_up(std::exception_ptr cause) {
    auto story = std::make_shared<transaction_story>();
    story->outcome = transaction_outcome::committed;
    story->cause = cause;
    throw transaction_error{errc::failed_after_commit,
                            "the transaction was committed; what was to follow it failed: " +
                                detail::text_of(cause),
                            story};
}

asio::awaitable<transaction_outcome> resolve(std::shared_ptr<transaction_story const> story,
                                             std::chrono::milliseconds limit) {
    if (story->outcome != transaction_outcome::in_doubt || story->id.number.empty())
        co_return story->outcome;
    auto asking = ask_until(*story, limit);
    auto const outcome = co_await with_deadline(limit, std::move(asking));
    if (outcome == transaction_outcome::in_doubt)
        co_return outcome;
    auto const committed = outcome == transaction_outcome::committed;
    auto const executor = co_await asio::this_coro::executor;
    auto calling = story->still_waiting->run(committed);
    auto const failure = co_await asio::co_spawn(
        executor,
        std::move(calling),
        asio::bind_cancellation_slot(asio::cancellation_slot{}, asio::use_awaitable));
    if (failure && committed)
        throw_follow_up(failure);
    co_return outcome;
}

} // namespace

asio::awaitable<transaction_outcome> resolve_in_doubt(transaction_error failure,
                                                      std::chrono::milliseconds limit) {
    return resolve(failure.story(), limit);
}

} // namespace copg
