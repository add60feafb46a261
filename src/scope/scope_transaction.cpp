// SPDX-License-Identifier: BSL-1.0
#include "scope/scope_transaction.hpp"

#include "driver/sql_classifier.hpp"
#include "pool/pool_impl.hpp"

#include <fmt/format.h>

#include <utility>

namespace copg::detail {

scope_transaction::scope_transaction(std::uint64_t scope_id,
                                     scope_key key,
                                     transaction_options const& options,
                                     std::optional<database> target)
    : scope_id_{scope_id}, key_{std::move(key)}, options_{options}, target_{std::move(target)} {
    auto const isolation = options_.isolation();
    below_serializable_ = isolation && *isolation != isolation::serializable;
}

error scope_transaction::over() const {
    return {errc::scope_ended, fmt::format("the transaction scope of {} is over", key_.describe())};
}

error scope_transaction::ended_inside() const {
    return {
        errc::transaction_aborted,
        fmt::format("the transaction of {} was ended by a statement inside it", key_.describe())};
}

error scope_transaction::other_target() const {
    return {errc::scope_conflict,
            fmt::format("the transaction scope of {} is bound to another target", key_.describe())};
}

bool scope_transaction::is_target(database const& handle) const {
    return !target_ || (target_->pool() == handle.pool() && target_->session() == handle.session());
}

void scope_transaction::check_target(database const& handle) const {
    std::lock_guard const lock{mutex_};
    if (!is_target(handle))
        throw other_target();
}

bool scope_transaction::has_lease_for(database const& handle) const {
    if (!is_target(handle))
        throw other_target();
    return static_cast<bool>(lease_);
}

asio::awaitable<void> scope_transaction::take_lease(database handle, std::source_location where) {
    auto const& pool = handle.pool().owner()->impl();
    {
        std::lock_guard const lock{mutex_};
        if (!target_)
            target_ = handle;
    }
    acquire_request request{handle.session(), pool->acquire_timeout(), where};
    request.scope = scope_id_;
    auto lent = co_await pool->acquire(pool, std::move(request));
    take_connection(lent.slot()->connection);
    lease_ = std::move(lent);
}

// The end does not wait for an acquire: whoever comes back from one too late gives it back.
void scope_transaction::take_connection(std::shared_ptr<connection_impl> connection) {
    std::lock_guard const lock{mutex_};
    if (ending_)
        throw over();
    connection_ = std::move(connection);
}

std::shared_ptr<connection_impl> const& scope_transaction::leased() const noexcept {
    return lease_.slot()->connection;
}

void scope_transaction::check_join(transaction_options const& options) const {
    auto const fits = [](auto const& wanted, auto const& given) {
        return !wanted || wanted == given;
    };
    if (!fits(options.isolation(), options_.isolation()) ||
        !fits(options.read_only(), options_.read_only()) ||
        !fits(options.deferrable(), options_.deferrable()))
        throw error{errc::scope_conflict,
                    fmt::format("a nested transaction of {} asks for other options (`{}`) than the "
                                "one that it joins (`{}`)",
                                key_.describe(),
                                options.begin_sql(),
                                options_.begin_sql())};
}

void scope_transaction::refuse_control(statement const& statement) const {
    if (is_transaction_control(classify(statement.sql())))
        throw error{errc::unsupported_statement,
                    fmt::format("the transaction of {} begins and ends with its scope: return from "
                                "the body to commit, throw to roll back",
                                key_.describe())};
}

std::optional<database> scope_transaction::target() const {
    std::lock_guard const lock{mutex_};
    return target_;
}

std::shared_ptr<connection_impl> scope_transaction::connection() const {
    std::lock_guard const lock{mutex_};
    return connection_;
}

context_entry::hold scope_transaction::holds(void const* pool) const noexcept {
    std::lock_guard const lock{mutex_};
    if (ending_ && connection_ == nullptr)
        return context_entry::hold::none;
    if (target_ && target_->pool().owner()->impl().get() != pool)
        return context_entry::hold::none;
    return connection_ == nullptr ? context_entry::hold::possible : context_entry::hold::certain;
}

void scope_transaction::keep_failure(std::shared_ptr<failure_listener> listener,
                                     std::exception_ptr why) noexcept {
    std::lock_guard const lock{mutex_};
    if (failure_ != nullptr) // what follows is its consequence
        return;
    listener_ = std::move(listener);
    failure_ = std::move(why);
}

void scope_transaction::tell_failure() noexcept {
    std::unique_lock lock{mutex_};
    auto const listener = std::exchange(listener_, nullptr);
    auto const failure = std::exchange(failure_, nullptr);
    lock.unlock();
    if (listener != nullptr)
        listener->statement_failed(failure);
}

} // namespace copg::detail
