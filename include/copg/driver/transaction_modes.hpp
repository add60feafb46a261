// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <optional>
#include <string>

namespace copg {

/// PostgreSQL manual, 13.2 "Transaction Isolation". (READ UNCOMMITTED is READ COMMITTED there.)
enum class isolation { read_committed, repeatable_read, serializable };

/// How a transaction begins (PostgreSQL manual, SET TRANSACTION). What is not set is the server's
/// default.
class COPG_API transaction_modes {
public:
    transaction_modes() noexcept {}

    transaction_modes& isolation(copg::isolation level) noexcept;
    transaction_modes& read_only(bool value = true) noexcept;
    /// Waits for a snapshot that cannot fail; for serializable, read-only transactions.
    transaction_modes& deferrable(bool value = true) noexcept;

    std::optional<copg::isolation> isolation() const noexcept { return isolation_; }
    std::optional<bool> read_only() const noexcept { return read_only_; }
    std::optional<bool> deferrable() const noexcept { return deferrable_; }

    /// The BEGIN statement with these modes.
    std::string begin_sql() const;

    friend bool operator==(transaction_modes const&, transaction_modes const&) = default;

private:
    std::optional<copg::isolation> isolation_;
    std::optional<bool> read_only_;
    std::optional<bool> deferrable_;
};

} // namespace copg
