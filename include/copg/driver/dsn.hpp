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
///
/// Two spellings of one target are equal: parameter order, URI or keywords, a default that is
/// written out or left out, percent-encoding. Defaults come from the environment at the time of the
/// call, as libpq finds them; what a `service` in the text stands for is looked up at connect time.
/// GSS encryption is off unless the text or PGGSSENCMODE asks for it.
///
/// There is no way to print a dsn but redacted(). Thread safety: immutable.
class COPG_API dsn {
public:
    /// Parses without any network traffic.
    /// @throws error errc::invalid_dsn; the message tells what and at which character, and never
    ///         quotes the text, which can hold a password
    explicit dsn(std::string_view text);

    /// libpq's keywords and their values, those with a value.
    std::map<std::string, std::string> const& parameters() const noexcept { return parameters_; }

    /// The value of a libpq keyword, or an empty text.
    std::string_view parameter(std::string const& keyword) const noexcept;

    /// The same text for every spelling of one target. Holds the password: never print it.
    std::string canonical_key() const;

    /// A keyword string for messages and logs, secrets replaced by `***`.
    std::string redacted() const;

    friend bool operator==(dsn const& a, dsn const& b) { return a.parameters_ == b.parameters_; }

private:
    friend detail::expanded_dsn;
    explicit dsn(std::map<std::string, std::string> parameters)
        : parameters_{std::move(parameters)} {}

    std::map<std::string, std::string> parameters_;
};

} // namespace copg
