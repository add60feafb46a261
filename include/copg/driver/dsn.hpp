// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace copg {

namespace detail {
struct expanded_dsn;
}

/// A connection string, in URI or keyword form (PostgreSQL manual, 34.1.1), taken apart by libpq.
/// Beside libpq's keywords it can hold what other clients take there: parameters of the pool
/// (`pool_max_conns=20`) and settings of the server (`search_path=shop`, `app.region=eu`).
///
/// Two spellings of one target are equal: parameter order, URI or keywords, a default that is
/// written out or left out, percent-encoding, `ssl=true` for `sslmode=require`; of a parameter that
/// is given twice, the last counts. The order of several hosts matters, the pool's parameters do
/// not. Defaults come from the environment at the time of the call, as libpq finds them; what a
/// `service` in the text stands for is looked up at connect time. GSS encryption is off unless the
/// text or PGGSSENCMODE asks for it.
///
/// There is no way to print a dsn but redacted(). Thread safety: immutable.
class COPG_API dsn {
public:
    /// Parses without any network traffic.
    /// @throws error errc::invalid_dsn; the message tells what and at which character, and never
    ///         quotes the text, which can hold a password
    explicit dsn(std::string_view text);

    /// libpq's keywords and their values, those with a value. The server's settings stand in
    /// `options`, behind what the text or the environment says there; a text with settings
    /// therefore replaces the `options` of a service file.
    std::map<std::string, std::string> const& parameters() const noexcept { return parameters_; }

    /// The value of a libpq keyword, or an empty text.
    std::string_view parameter(std::string const& keyword) const noexcept;

    /// The text's parameters for the pool, of these names: pool_max_conns, pool_min_conns,
    /// pool_min_idle_conns, pool_max_idle_conns, pool_max_conn_lifetime,
    /// pool_max_conn_lifetime_jitter, pool_max_conn_idle_time, pool_health_check_period,
    /// pool_ping_timeout. Their values are as written, and not checked.
    std::map<std::string, std::string> const& pool_parameters() const noexcept { return pool_; }

    /// The settings of the server that the text gives as parameters, names in lower case. Those
    /// that stand in its `options` are not among them.
    std::map<std::string, std::string> const& settings() const noexcept { return settings_; }

    /// Whether the text itself gives a keyword of libpq, a parameter of the pool or a setting.
    bool gives(std::string const& name) const noexcept;

    /// The same text for every spelling of one target. Holds the password: never print it.
    std::string canonical_key() const;

    /// A keyword string for messages and logs, secrets replaced by `***`.
    std::string redacted() const;

    /// Whether both lead to the same, whatever they say to the pool.
    friend bool operator==(dsn const& a, dsn const& b) { return a.parameters_ == b.parameters_; }

private:
    friend detail::expanded_dsn;
    friend class dsn_builder;
    explicit dsn(std::map<std::string, std::string> parameters)
        : parameters_{std::move(parameters)} {}

    std::map<std::string, std::string> parameters_;
    std::map<std::string, std::string> given_; // libpq's, as the text gives them
    std::map<std::string, std::string> pool_;
    std::map<std::string, std::string> settings_;
};

} // namespace copg
