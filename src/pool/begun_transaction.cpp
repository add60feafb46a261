// SPDX-License-Identifier: BSL-1.0
#include "pool/begun_transaction.hpp"

#include "driver/end_watchdog.hpp"
#include "driver/runner.hpp"

#include <fmt/format.h>

#include <exception>
#include <optional>

namespace copg::detail {
namespace {

void refuse_control(statement const& wanted) {
    if (is_transaction_control(classify(wanted.sql())))
        throw error{errc::unsupported_statement,
                    "an explicit transaction ends with its commit() or rollback(), and one inside "
                    "it begins with its savepoint()"};
}

error doomed() {
    return {errc::transaction_aborted,
            "a transaction inside this one was left without commit() or rollback(): it can only be "
            "rolled back"};
}

error failed_before() {
    return {errc::transaction_aborted,
            "the transaction was rolled back, since a statement in it had failed"};
}

bool is_busy(std::exception_ptr const& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (error const& e) {
        return e.code() == errc::connection_busy;
    } catch (...) {
        return false;
    }
}

error over() {
    return {errc::scope_ended,
            "the transaction is over: it, or one around it, was committed or rolled back, or its "
            "lease was given back"};
}

} // namespace

begun_transaction::begun_transaction(transaction_place place, bool inside)
    : place_{std::move(place)}, level_{place_.connection->locked([this, inside] {
          return place_.connection->backend().transactions().enter(inside);
      })} {}

asio::awaitable<begun_transaction::pointer> begun_transaction::begin(transaction_place place,
                                                                     transaction_modes modes,
                                                                     std::source_location where) {
    auto inside = place.lender != nullptr;
    if (inside && place.connection == nullptr) {
        auto const bound = co_await place.lender->bind();
        place.connection = bound.connection;
    }
    if (place.connection == nullptr)
        throw error{errc::lease_released, "the lease holds no connection any more"};
    if (!inside) {
        auto const now = co_await settled_state(place.connection, where);
        inside = now != transaction_state::idle;
    }
    if (inside && modes != transaction_modes{})
        throw error{errc::scope_conflict,
                    fmt::format("`{}` cannot be had: the connection is in a transaction already, "
                                "and what is begun inside it is a savepoint",
                                modes.begin_sql())};
    auto begun = co_await start(std::move(place), inside, modes, where);
    co_return begun;
}

asio::awaitable<begun_transaction::pointer>
begun_transaction::savepoint(pointer self, std::source_location where) {
    self->check_usable();
    co_await self->find_it_open();
    auto begun = co_await start(self->place_, true, {}, where);
    co_return begun;
}

asio::awaitable<begun_transaction::pointer> begun_transaction::start(transaction_place place,
                                                                     bool inside,
                                                                     transaction_modes modes,
                                                                     std::source_location where) {
    if (inside && place.connection->backend().transactions().is_doomed())
        throw doomed();
    auto const begun = std::make_shared<begun_transaction>(std::move(place), inside);
    auto sql = modes.begin_sql();
    if (inside)
        sql = "savepoint " + begun->name();
    try {
        co_await begun->send_control(std::move(sql), where);
    } catch (...) {
        begun->not_begun();
        throw;
    }
    co_return begun;
}

// Of what was cancelled nobody knows whether it has begun. BEGIN may have, and failed behind that.
void begun_transaction::not_begun() noexcept {
    if (!is_whole() && !place_.connection->is_settled()) {
        abandon();
        return;
    }
    leave();
    if (is_whole())
        place_.connection->locked([this] { place_.connection->backend().require_rollback(); });
}

void begun_transaction::abandon() noexcept {
    place_.connection->locked([this] {
        auto& backend = place_.connection->backend();
        if (backend.transactions().abandon(*level_))
            backend.require_rollback_to(level_->savepoint);
    });
}

void begun_transaction::leave() noexcept {
    place_.connection->locked(
        [this] { place_.connection->backend().transactions().leave(*level_); });
}

void begun_transaction::check_usable() const {
    if (!is_open())
        throw over();
    if (level_->doomed)
        throw doomed();
}

bool begun_transaction::is_over_on_the_server() const {
    auto const& connection = *place_.connection;
    return !connection.is_alive() ||
           (connection.is_settled() && connection.binding_now().state() == transaction_state::idle);
}

// Without its transaction, a statement would commit by itself. A lender sees to that too.
asio::awaitable<void> begun_transaction::find_it_open() {
    auto const& connection = place_.connection;
    if (place_.lender != nullptr)
        co_return;
    co_await connection->settle();
    if (connection->is_alive() && is_over_on_the_server())
        throw error{errc::transaction_aborted,
                    "the transaction was ended by a statement inside it"};
}

asio::awaitable<result> begun_transaction::send(statement wanted) {
    if (place_.lender != nullptr)
        return place_.lender->run(std::move(wanted));
    return run_statement(place_.connection, place_.session, std::move(wanted));
}

asio::awaitable<result> begun_transaction::send_control(std::string sql,
                                                        std::source_location where) {
    return send(statement{copg::sql{sql, where}.timeout(std::chrono::milliseconds{0})});
}

asio::awaitable<result> begun_transaction::run(pointer self, statement wanted) {
    refuse_control(wanted);
    self->check_usable();
    co_await self->find_it_open();
    auto rows = co_await self->send(std::move(wanted));
    co_return rows;
}

asio::awaitable<bound_connection> begun_transaction::bind(pointer self) {
    self->check_usable();
    co_await self->find_it_open();
    bound_connection bound{self->place_.connection, self->place_.session};
    if (self->place_.lender != nullptr)
        bound = co_await self->place_.lender->bind();
    co_return bound;
}

asio::awaitable<void> begun_transaction::end(pointer self, ending how, std::source_location where) {
    if (!self->is_open())
        throw over();
    std::optional<end_watchdog> dog;
    if (self->place_.lender == nullptr) // else others may take their turns first
        dog.emplace(self->place_.connection);
    if (how == ending::commit)
        co_await self->commit(where);
    else
        co_await self->undo(where);
}

asio::awaitable<void> begun_transaction::commit(std::source_location where) {
    if (level_->doomed) {
        co_await undo(where);
        throw doomed();
    }
    co_await place_.connection->settle();
    if (is_whole()) {
        auto const rows = co_await send_end("commit", where);
        if (rows.command_tag() != "COMMIT")
            throw failed_before();
        co_return;
    }
    if (place_.connection->binding_now().state() == transaction_state::failed) {
        co_await undo(where);
        throw failed_before();
    }
    co_await send_end("release savepoint " + name(), where);
}

// What is gone is rolled back too.
asio::awaitable<void> begun_transaction::undo(std::source_location where) {
    try {
        if (is_whole()) {
            co_await send_end("rollback", where);
        } else {
            co_await send_end("rollback to savepoint " + name(), where);
            co_await send_control("release savepoint " + name(), where);
        }
    } catch (error const&) {
        if (!is_over_on_the_server())
            throw;
    }
}

/// Unless nothing was sent, it has ended then.
asio::awaitable<result> begun_transaction::send_end(std::string sql, std::source_location where) {
    std::exception_ptr failure;
    result rows;
    try {
        co_await find_it_open();
        rows = co_await send_control(std::move(sql), where);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure == nullptr || !is_busy(failure))
        leave();
    if (failure != nullptr)
        std::rethrow_exception(failure);
    co_return rows;
}

} // namespace copg::detail
