// SPDX-License-Identifier: BSL-1.0
#include "pool/begun_transaction.hpp"

#include <copg/pool/explicit_transaction.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace copg {
namespace {

using detail::begun_transaction;

error moved_from() {
    return {errc::scope_ended, "the transaction was moved from"};
}

// The end runs as a child that no cancellation reaches.
asio::awaitable<void>
end(begun_transaction::pointer begun, begun_transaction::ending how, std::source_location where) {
    if (begun == nullptr)
        throw moved_from();
    auto const executor = co_await asio::this_coro::executor;
    auto ending = begun_transaction::end(std::move(begun), how, where);
    co_await asio::co_spawn(
        executor,
        std::move(ending),
        asio::bind_cancellation_slot(asio::cancellation_slot{}, asio::use_awaitable));
}

asio::awaitable<explicit_transaction> begin_inside(begun_transaction::pointer begun,
                                                   std::source_location where) {
    if (begun == nullptr)
        throw moved_from();
    auto inner = co_await begun_transaction::savepoint(std::move(begun), where);
    co_return explicit_transaction{std::move(inner)};
}

} // namespace

explicit_transaction::explicit_transaction(
    std::shared_ptr<detail::begun_transaction> begun) noexcept
    : begun_{std::move(begun)} {}

explicit_transaction::explicit_transaction(explicit_transaction&&) noexcept = default;

explicit_transaction& explicit_transaction::operator=(explicit_transaction&& other) noexcept {
    explicit_transaction replaced{std::move(other)};
    begun_.swap(replaced.begun_);
    return *this;
}

explicit_transaction::~explicit_transaction() {
    if (begun_ != nullptr)
        begun_->abandon();
}

asio::awaitable<void> explicit_transaction::commit(std::source_location where) {
    return end(begun_, begun_transaction::ending::commit, where);
}

asio::awaitable<void> explicit_transaction::rollback(std::source_location where) {
    return end(begun_, begun_transaction::ending::rollback, where);
}

asio::awaitable<explicit_transaction> explicit_transaction::savepoint(std::source_location where) {
    return begin_inside(begun_, where);
}

bool explicit_transaction::is_open() const noexcept {
    return begun_ != nullptr && begun_->is_open();
}

asio::awaitable<result> explicit_transaction::run(statement statement) const {
    if (begun_ == nullptr)
        return detail::failed(moved_from());
    return begun_transaction::run(begun_, std::move(statement));
}

asio::awaitable<detail::bound_connection> explicit_transaction::bind() const {
    if (begun_ == nullptr)
        throw moved_from();
    return begun_transaction::bind(begun_);
}

} // namespace copg
