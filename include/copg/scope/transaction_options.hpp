// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>
#include <copg/base/retry_budget.hpp>
#include <copg/base/retry_policy.hpp>
#include <copg/driver/transaction_modes.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace copg {

/// What a transaction inside one of the same name is.
enum class nesting {
    joined,   ///< a part of the outer one; when it fails, the outer one can only be rolled back
    savepoint ///< a part that can be undone by itself
};

/// How a transaction scope runs. Modes that are not set are the server's default.
class COPG_API transaction_options {
public:
    transaction_options() noexcept;
    transaction_options(transaction_modes const& modes) noexcept;

    // Modes; of a nested transaction they are left out, or the same as those of the outer one.

    transaction_options& isolation(copg::isolation level) noexcept;
    /// Below serializable, COMMIT is sent without waiting for its answer: it cannot fail.
    transaction_options& read_only(bool value = true) noexcept;
    /// Waits for a snapshot that cannot fail; for serializable, read-only transactions.
    transaction_options& deferrable(bool value = true) noexcept;

    // Every transaction.

    /// The most time that the body, or all its runs with the waits between them, may take. Then it
    /// is cancelled and the transaction rolled back: errc::deadline_exceeded. By default none.
    transaction_options& timeout(std::chrono::milliseconds limit) noexcept;

    // Inside another transaction of the same name.

    /// joined by default.
    transaction_options& nesting(copg::nesting how) noexcept;

    // The outermost transaction only; ignored inside another one.

    /// Learns the transaction's id before COMMIT is sent, so that resolve_in_doubt() can ask for
    /// its outcome: the server is asked with each statement until it has one, which it has as soon
    /// as something was written. PostgreSQL 13 and later.
    transaction_options& resolvable(bool value = true) noexcept;

    /// Runs the body again, in a new transaction, when it has failed with 40001 or 40P01
    /// (is_serialization_failure) and was rolled back. By default it is not.
    transaction_options& retry(retry_policy policy = serialization_retries());
    transaction_options& retry(retry_policy policy, retry_budget budget);

    /// Up to 10 runs; waits of 0 to 10 ms before the second one, of 0 to 500 ms at most.
    static retry_policy serialization_retries() noexcept;

    /// How long COMMIT or ROLLBACK may take before the connection is closed; at least 1 ms, 10 s by
    /// default. Cancellation does not reach them.
    transaction_options& end_timeout(std::chrono::milliseconds limit) noexcept;

    std::optional<copg::isolation> isolation() const noexcept { return modes_.isolation(); }
    std::optional<bool> read_only() const noexcept { return modes_.read_only(); }
    std::optional<bool> deferrable() const noexcept { return modes_.deferrable(); }
    std::optional<std::chrono::milliseconds> timeout() const noexcept { return timeout_; }
    copg::nesting nesting() const noexcept { return nesting_; }
    bool resolvable() const noexcept { return resolvable_; }
    std::optional<retry_policy> const& retry_with() const noexcept { return retry_; }
    std::optional<retry_budget> const& retries_from() const noexcept { return budget_; }
    std::chrono::milliseconds end_timeout() const noexcept { return end_timeout_; }

    /// How its transaction begins.
    transaction_modes const& modes() const noexcept { return modes_; }
    /// The BEGIN statement with these options.
    std::string begin_sql() const { return modes_.begin_sql(); }

    friend bool operator==(transaction_options const&, transaction_options const&) = default;

private:
    transaction_modes modes_;
    std::optional<std::chrono::milliseconds> timeout_;
    copg::nesting nesting_ = copg::nesting::joined;
    bool resolvable_ = false;
    std::optional<retry_policy> retry_;
    std::optional<retry_budget> budget_;
    std::chrono::milliseconds end_timeout_{10'000};
};

} // namespace copg
