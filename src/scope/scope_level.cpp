// SPDX-License-Identifier: BSL-1.0
#include "scope/scope_level.hpp"

#include "base/exception_text.hpp"
#include "driver/runner.hpp"

#include <fmt/format.h>

#include <utility>

namespace copg::detail {

scope_level::pointer find_level(std::shared_ptr<context_node const> const& innermost,
                                scope_key const& key) noexcept {
    for (auto const* node = innermost.get(); node != nullptr; node = node->parent()) {
        if (node->entry() == nullptr)
            return nullptr;
        auto const& level = static_cast<scope_level const&>(*node->entry());
        if (level.transaction()->key() == key)
            return std::static_pointer_cast<scope_level>(node->entry());
    }
    return nullptr;
}

scope_level::pointer innermost_of(std::shared_ptr<context_node const> const& innermost,
                                  scope_level::pointer const& level) noexcept {
    for (auto const* node = innermost.get(); node != nullptr; node = node->parent()) {
        if (node->entry() == nullptr)
            continue;
        auto found = std::static_pointer_cast<scope_level>(node->entry());
        if (found->transaction() == level->transaction())
            return found;
    }
    return level;
}

scope_level::pointer scope_level::open(scope_key key,
                                       transaction_options const& options,
                                       std::optional<database> target) {
    auto level = std::make_shared<scope_level>(nullptr);
    level->transaction_ = std::make_shared<scope_transaction>(
        level->id(), std::move(key), options, std::move(target));
    return level;
}

asio::awaitable<scope_level::pointer> scope_level::open_inside(pointer outer) {
    auto gate = co_await outer->gate_->lock();
    auto const turn = co_await outer->transaction_->turn()->lock();
    outer->check_open();
    auto level = std::make_shared<scope_level>(outer);
    level->transaction_ = outer->transaction_;
    level->number_ = level->transaction_->points().enter();
    outer->has_inner_ = true;
    level->outer_gate_.emplace(std::move(gate));
    co_return level;
}

context_entry::hold scope_level::holds(void const* resource) const noexcept {
    return is_outermost() ? transaction_->holds(resource) : hold::none;
}

std::optional<async_mutex::guard> scope_level::try_plain(database const& handle,
                                                         statement const& statement) {
    transaction_->refuse_control(statement);
    auto turn = transaction_->turn()->try_guard();
    if (!turn || has_inner_)
        return std::nullopt;
    check_open();
    if (!transaction_->has_lease_for(handle) || !transaction_->is_plain())
        return std::nullopt;
    return turn;
}

asio::awaitable<async_mutex::guard> scope_level::wait_for_turn() {
    auto const gate = co_await gate_->lock(); // until it is this one's turn: none comes between
    auto turn = co_await transaction_->turn()->lock();
    co_return turn;
}

// With the turn.
void scope_level::check_open() const {
    if (is_over() || (!is_outermost() && !transaction_->points().has(number_)))
        throw transaction_->over();
}

bool scope_level::is_over() const noexcept {
    return over_ || transaction_->is_ending();
}

asio::awaitable<result> scope_level::run(database handle, statement statement) {
    transaction_->refuse_control(statement);
    auto const self = shared_from_this();
    auto const turn = co_await wait_for_turn();
    check_open();
    if (!transaction_->has_lease_for(handle))
        co_await transaction_->take_lease(std::move(handle), statement.where());
    std::exception_ptr failure;
    try {
        co_await transaction_->settle();
        auto rows = co_await transaction_->run_framed(std::move(statement));
        co_return rows;
    } catch (...) {
        failure = std::current_exception();
    }
    note_failure(failure);
    std::rethrow_exception(failure);
}

asio::awaitable<result> scope_level::run_last(database handle, statement statement) {
    transaction_->refuse_control(statement);
    auto const self = shared_from_this();
    auto const turn = co_await wait_for_turn();
    check_open();
    check_may_commit();
    if (!transaction_->has_lease_for(handle))
        co_await transaction_->take_lease(std::move(handle), statement.where());
    std::exception_ptr failure;
    try {
        co_await transaction_->settle();
        auto rows = co_await transaction_->run_and_commit(std::move(statement));
        co_return rows;
    } catch (...) {
        failure = std::current_exception();
    }
    note_failure(failure);
    std::rethrow_exception(failure);
}

void scope_level::check_may_commit() const {
    std::lock_guard const lock{mutex_};
    if (!is_outermost() || joins_ > 0)
        throw error{errc::scope_conflict,
                    fmt::format("inside a nested transaction of {} nothing can be committed: that "
                                "is for the outermost one",
                                transaction_->key().describe())};
    if (veto_)
        std::rethrow_exception(transaction_->aborted(text_of(veto_), veto_).failure);
}

asio::awaitable<bound_connection> scope_level::bind(database handle) {
    auto const self = shared_from_this();
    auto turn = co_await wait_for_turn();
    check_open();
    if (!transaction_->has_lease_for(handle))
        co_await transaction_->take_lease(std::move(handle), std::source_location::current());
    std::exception_ptr failure;
    try {
        co_await transaction_->settle();
        co_await transaction_->open();
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        note_failure(failure);
        std::rethrow_exception(failure);
    }
    bound_connection bound{transaction_->leased(), transaction_->bound_to()};
    bound.turn = std::make_shared<async_mutex::guard>(std::move(turn));
    co_return bound;
}

asio::awaitable<void> scope_level::take_connection(database handle, std::source_location where) {
    auto const self = shared_from_this();
    auto const turn = co_await wait_for_turn();
    check_open();
    if (!transaction_->has_lease_for(handle))
        co_await transaction_->take_lease(std::move(handle), where);
}

void scope_level::joined() noexcept {
    std::lock_guard const lock{mutex_};
    ++joins_;
}

void scope_level::left() noexcept {
    std::lock_guard const lock{mutex_};
    --joins_;
}

// What failed without breaking the transaction is no reason for anything.
void scope_level::note_failure(std::exception_ptr const& why) noexcept {
    if (!transaction_->looks_failed())
        return;
    std::lock_guard const lock{mutex_};
    if (failed_ == nullptr)
        failed_ = why;
}

void scope_level::veto(std::exception_ptr why) noexcept {
    std::lock_guard const lock{mutex_};
    if (veto_ == nullptr)
        veto_ = std::move(why);
}

std::exception_ptr scope_level::vetoed() const noexcept {
    std::lock_guard const lock{mutex_};
    return veto_;
}

} // namespace copg::detail
