// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/scope/database.hpp>
#include <copg/scope/scope_key.hpp>
#include <copg/scope/transaction_options.hpp>
#include <copg/scope/transaction_scope.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>

namespace copg::detail {

/// One call of transaction(), but for its body: opens a scope, joins one or makes a savepoint in
/// one; ends it; says whether the body is to run again. A handle.
class COPG_API scope_run {
public:
    scope_run(scope_key key, std::optional<database> target, transaction_options const& options);

    /// @throws as transaction() says of its start
    asio::awaitable<void> enter();
    transaction_scope scope() const;
    /// Runs the body where it belongs, within its time.
    asio::awaitable<void> perform(asio::awaitable<void> body);
    /// @param failure  of enter() or the body; or null
    /// @return whether all is to be done again, after pause()
    /// @throws what the caller of transaction() is to get
    asio::awaitable<bool> leave(std::exception_ptr failure);
    asio::awaitable<void> pause();

private:
    class state;
    std::shared_ptr<state> state_;
};

/// The executor of what takes no part in any scope.
COPG_API asio::any_io_executor hide_scopes(asio::any_io_executor const& executor);

} // namespace copg::detail
