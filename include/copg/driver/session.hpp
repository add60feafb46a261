// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/base/config.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace copg {

namespace detail {
struct session_data;
}

/// What a statement must see: whose schema, which tenant, which role, which settings.
///
/// An empty session leaves a connection as the server and the DSN set it up. Any other session sets
/// all of search_path, role, the tenant setting and its own settings for every statement; what it
/// does not name gets the server's default, so that nothing left by somebody else shows.
///
/// Texts are bound as values or quoted as identifiers: any text without NUL is safe. A schema name
/// holds at most 63 bytes, since PostgreSQL would silently cut a longer one.
///
/// Copies share one immutable value. Thread safety: distinct and shared objects are safe.
/// @throws error errc::invalid_session from every function that takes a text it cannot accept
class COPG_API session {
public:
    session() noexcept;

    /// A session that sees one schema (and pg_catalog). An empty text gives an empty session.
    session(std::string_view schema);
    session(std::string const& schema) : session{std::string_view{schema}} {}
    session(char const* schema) : session{std::string_view{schema}} {}

    /// The same session with this search path, first schema first.
    session with_schemas(std::vector<std::string> const& schemas) const;

    /// The same session for this tenant: sets `setting` to the id, for row security policies.
    session with_tenant(std::string_view id, std::string_view setting = "app.current_tenant") const;

    /// The same session under this role.
    session with_role(std::string_view role) const;

    /// The same session with a server setting; `name` is a parameter of PostgreSQL or `class.name`.
    session with_setting(std::string_view name, std::string_view value) const;

    /// Whether nothing is set.
    bool empty() const noexcept { return data_ == nullptr; }

    /// What the session sets, for messages: `schema "acme", tenant "acme"`.
    std::string describe() const;

    /// Whom a pool counts this session's use for: the tenant id, else the first schema, else an
    /// empty text.
    std::string_view fairness_key() const noexcept;

    friend COPG_API bool operator==(session const& a, session const& b) noexcept;

    /// Throws what making a session of these would throw, without making one: cheap for millions.
    static void check(std::string_view schema, std::string_view tenant, std::string_view role);

    /// All at once: what the constructor and the functions above make in several steps.
    static session of(std::string_view schema,
                      std::optional<std::string_view> tenant,
                      std::string_view role,
                      std::map<std::string, std::string> const& settings = {});

    /// For copg's own layers.
    detail::session_data const* data() const noexcept { return data_.get(); }

private:
    explicit session(std::shared_ptr<detail::session_data const> data) noexcept;

    std::shared_ptr<detail::session_data const> data_; // null when empty
};

} // namespace copg
