// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "driver/connection_impl.hpp"
#include "pool/connection_lender.hpp"

#include <copg/driver/session.hpp>
#include <copg/driver/transaction_modes.hpp>

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <source_location>
#include <string>
#include <utility>

namespace copg::detail {

/// Where the statements of a transaction run: on a leased connection, or with whoever lends one.
class transaction_place {
public:
    transaction_place(std::shared_ptr<connection_impl> on,
                      copg::session bound_to,
                      std::shared_ptr<connection_lender> lent_by) noexcept
        : connection{std::move(on)}, session{std::move(bound_to)}, lender{std::move(lent_by)} {}

    std::shared_ptr<connection_impl> connection; // may be null with a lender
    copg::session session;
    std::shared_ptr<connection_lender> lender; // may be null
};

/// What an explicit_transaction stands for; kept by what runs in it too.
///
/// States: those of its level. It is open until an end of it was sent, one around it ended, or its
/// connection is another borrower's. What was sent and never answered has ended it too.
class begun_transaction {
public:
    using pointer = std::shared_ptr<begun_transaction>;

    /// BEGIN, or a savepoint when the connection is in a transaction.
    static asio::awaitable<pointer>
    begin(transaction_place place, transaction_modes modes, std::source_location where);
    static asio::awaitable<pointer> savepoint(pointer self, std::source_location where);
    static asio::awaitable<result> run(pointer self, statement wanted);
    static asio::awaitable<bound_connection> bind(pointer self);

    enum class ending { commit, rollback };
    /// Must not be cancelled.
    static asio::awaitable<void> end(pointer self, ending how, std::source_location where);

    begun_transaction(transaction_place place, bool inside);

    bool is_open() const noexcept { return level_->open; }
    /// It is left without an end.
    void abandon() noexcept;

private:
    static asio::awaitable<pointer> start(transaction_place place,
                                          bool inside,
                                          transaction_modes modes,
                                          std::source_location where);
    void not_begun() noexcept;
    asio::awaitable<result> send(statement wanted);
    asio::awaitable<result> send_control(std::string sql, std::source_location where);
    asio::awaitable<result> send_end(std::string sql, std::source_location where);
    asio::awaitable<void> find_it_open();
    asio::awaitable<void> commit(std::source_location where);
    asio::awaitable<void> undo(std::source_location where);
    void check_usable() const;
    void leave() noexcept;
    bool is_over_on_the_server() const;
    bool is_whole() const noexcept { return level_->savepoint == 0; }
    std::string name() const { return savepoint_name(level_->savepoint); }

    transaction_place const place_;
    std::shared_ptr<transaction_level> const level_;
};

} // namespace copg::detail
