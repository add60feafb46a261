// SPDX-License-Identifier: BSL-1.0
// How a level of a scope ends: with its transaction, or with its savepoint.
#include "base/exception_text.hpp"
#include "driver/end_watchdog.hpp"
#include "scope/scope_level.hpp"

namespace copg::detail {

asio::awaitable<transaction_end> scope_level::end(bool commit) {
    ending_wish wish;
    wish.commit = commit;
    {
        over_ = true;
        std::lock_guard const lock{mutex_};
        wish.veto = veto_;
        wish.failed = failed_;
    }
    auto how = co_await transaction_->end(std::move(wish));
    co_return how;
}

asio::awaitable<std::exception_ptr> scope_level::end_inside(bool keep) {
    auto const self = shared_from_this();
    auto failure = co_await close_inside(keep);
    outer_gate_.reset();
    co_return failure;
}

asio::awaitable<std::exception_ptr> scope_level::close_inside(bool keep) {
    over_ = true;
    std::optional<end_watchdog> dog; // a statement of its own may be under way
    if (auto const connection = transaction_->connection())
        dog.emplace(connection, transaction_->options().end_timeout());
    auto const turn = co_await transaction_->turn()->lock();
    outer_->has_inner_ = false;
    auto& points = transaction_->points();
    if (transaction_->is_ending() || !points.has(number_))
        co_return std::make_exception_ptr(transaction_->over());
    auto failed = false;
    std::exception_ptr unclear;
    try {
        failed = co_await transaction_->has_failed();
    } catch (std::exception const&) { // something still runs that was not waited for
        unclear = std::current_exception();
    }
    if (keep && !vetoed() && !failed && !unclear) {
        points.release(number_);
        outer_->waiting().take_over(waiting_, false);
        co_return nullptr;
    }
    auto const savepoint = points.undo(number_);
    outer_->waiting().take_over(waiting_, true);
    if (savepoint)
        unclear = co_await transaction_->undo(*savepoint);
    auto const reason = reason_to_undo(unclear);
    if (unclear || (failed && !savepoint)) // the outer ones cannot go on
        outer_->veto(unclear ? unclear : reason);
    if (!keep)
        co_return nullptr;
    co_return transaction_->aborted(text_of(reason), reason, "a nested transaction").failure;
}

std::exception_ptr scope_level::reason_to_undo(std::exception_ptr const& otherwise) const {
    std::lock_guard const lock{mutex_};
    if (veto_)
        return veto_;
    if (failed_)
        return failed_;
    if (otherwise)
        return otherwise;
    return std::make_exception_ptr(
        error{errc::transaction_aborted, "a statement in it had failed"});
}

} // namespace copg::detail
