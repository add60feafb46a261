// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/observer.hpp>
#include <copg/driver/dsn.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace copg {

/// How connections are made.
class COPG_API connect_options {
public:
    connect_options(dsn target) : target_{std::move(target)} {}
    connect_options(std::string_view dsn_text) : target_{dsn_text} {}
    connect_options(std::string const& dsn_text) : target_{dsn_text} {}
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

    /// How much of statements a server process may keep under names, in bytes (a statement counts
    /// its text and 4 KiB); 1 MiB by default. The least recently used are dropped beyond it.
    /// 0 without named_statements().
    std::size_t statement_cache() const noexcept { return named_statements_ ? cache_bytes_ : 0; }
    connect_options& statement_cache(std::size_t bytes) noexcept;

    /// Time limit of each statement that does not have its own; 0, the default: none. It is told
    /// to the server too, as statement_timeout, so that it holds when this program hangs; not so
    /// for scripts, COPY, and statements that no transaction allows, where this side alone watches
    /// it.
    std::chrono::milliseconds query_timeout() const noexcept { return query_timeout_; }
    connect_options& query_timeout(std::chrono::milliseconds value) noexcept;

    /// Whether a statement that is cancelled or takes too long is stopped on the server by a cancel
    /// request; true by default. Turn it off where a pooler between can send it to the wrong place
    /// (PgBouncer before 1.18): such a statement is then waited for, within cancel_timeout().
    bool cancel_requests() const noexcept { return cancel_requests_; }
    connect_options& cancel_requests(bool value) noexcept;

    /// How long a connection may need to become usable again after a cancelled statement, before
    /// it is closed; 5 s by default.
    std::chrono::milliseconds cancel_timeout() const noexcept { return cancel_timeout_; }
    connect_options& cancel_timeout(std::chrono::milliseconds value) noexcept;

    /// Told of connects and notices; none by default.
    std::shared_ptr<copg::observer> const& observer() const noexcept { return observer_; }
    connect_options& observer(std::shared_ptr<copg::observer> value) noexcept;

private:
    dsn target_;
    std::chrono::milliseconds timeout_{5'000};
    std::chrono::milliseconds query_timeout_{0};
    std::chrono::milliseconds cancel_timeout_{5'000};
    std::size_t cache_bytes_ = std::size_t{1} << 20;
    std::chrono::milliseconds deadline_{0};
    bool named_statements_ = true;
    bool cancel_requests_ = true;
    std::shared_ptr<copg::observer> observer_;
};

} // namespace copg
