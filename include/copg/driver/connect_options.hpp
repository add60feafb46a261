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

    /// Where to connect, and all that libpq's keywords say of it: TLS, application_name, keepalives
    /// and tcp_user_timeout, target_session_attrs.
    dsn const& target() const noexcept { return target_; }
    connect_options& target(dsn value);

    /// Upper bound for each address that is tried, and for each name that is looked up; 5 s by
    /// default. A `connect_timeout` in the DSN (whole seconds) wins; 0 there means no limit.
    std::chrono::milliseconds timeout() const noexcept;
    connect_options& timeout(std::chrono::milliseconds value) noexcept;

    /// Upper bound for the whole attempt over all hosts and addresses; 0, the default, means that
    /// only timeout() bounds it, as often as there are addresses.
    std::chrono::milliseconds deadline() const noexcept { return deadline_; }
    connect_options& deadline(std::chrono::milliseconds value) noexcept;

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
    std::chrono::milliseconds deadline_{0};
    bool named_statements_ = true;
    std::shared_ptr<copg::observer> observer_;
};

} // namespace copg
