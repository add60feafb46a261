// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/observer.hpp>
#include <copg/driver/dsn.hpp>

#include <chrono>
#include <memory>
#include <string_view>

namespace copg {

/// How connections are made.
class COPG_API connect_options {
public:
    connect_options(dsn target) : target_{std::move(target)} {}
    connect_options(std::string_view dsn_text) : target_{dsn_text} {}
    connect_options(char const* dsn_text) : target_{dsn_text} {}

    dsn const& target() const noexcept { return target_; }

    /// Upper bound for each address that is tried, name look-up included; 5 s by default. A
    /// `connect_timeout` in the DSN (whole seconds) wins; 0 there means no limit of its own.
    std::chrono::milliseconds timeout() const noexcept;
    connect_options& timeout(std::chrono::milliseconds value) noexcept;

    /// Whether statements may be prepared under a name; true by default. Turn it off behind a
    /// pooler that cannot keep them (PgBouncer before 1.21 in transaction mode).
    bool named_statements() const noexcept { return named_statements_; }
    connect_options& named_statements(bool value) noexcept;

    /// Told of connects and notices; none by default.
    std::shared_ptr<copg::observer> const& observer() const noexcept { return observer_; }
    connect_options& observer(std::shared_ptr<copg::observer> value) noexcept;

private:
    dsn target_;
    std::chrono::milliseconds timeout_{5'000};
    bool named_statements_ = true;
    std::shared_ptr<copg::observer> observer_;
};

} // namespace copg
