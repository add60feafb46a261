// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>
#include <copg/driver/transaction_modes.hpp>

#include <optional>
#include <string>

namespace copg {

/// How a transaction scope runs. What is not set is the server's default.
class COPG_API transaction_options {
public:
    transaction_options() noexcept {}
    transaction_options(transaction_modes const& modes) noexcept : modes_{modes} {}

    transaction_options& isolation(copg::isolation level) noexcept {
        modes_.isolation(level);
        return *this;
    }
    transaction_options& read_only(bool value = true) noexcept {
        modes_.read_only(value);
        return *this;
    }
    /// Waits for a snapshot that cannot fail; for serializable, read-only transactions.
    transaction_options& deferrable(bool value = true) noexcept {
        modes_.deferrable(value);
        return *this;
    }

    std::optional<copg::isolation> isolation() const noexcept { return modes_.isolation(); }
    std::optional<bool> read_only() const noexcept { return modes_.read_only(); }
    std::optional<bool> deferrable() const noexcept { return modes_.deferrable(); }

    /// How its transaction begins.
    transaction_modes const& modes() const noexcept { return modes_; }

    /// The BEGIN statement with these options.
    std::string begin_sql() const { return modes_.begin_sql(); }

    friend bool operator==(transaction_options const&, transaction_options const&) = default;

private:
    transaction_modes modes_;
};

} // namespace copg
