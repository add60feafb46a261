// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/target.hpp>
#include <copg/pool/pool.hpp>
#include <copg/scope/database.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace copg {

namespace detail {
class manager_impl;
}

/// Routes tenants, names and connection strings to shared pools.
///
/// Equal connection strings share one pool, however they are spelled (see dsn); only the session
/// differs. Pools are made on first use and live as long as a
/// tenant, a name or a handle needs them.
///
/// Tenants and names are separate: the same text may stand in both. Ids are exact, any text without
/// NUL. A tenant's id is also the value of the setting `app.current_tenant` in its statements.
///
/// A manager object is a handle; copies share the registrations. Thread safety: every function may
/// be called from any thread, on shared objects too. Lifetime: the executor's context must outlive
/// the manager and all that came from it.
class COPG_API manager {
public:
    /// @param executor  where the connections' I/O runs
    /// @param defaults  for pools whose target says nothing else
    /// @throws error errc::invalid_configuration
    explicit manager(asio::any_io_executor const& executor, pool_options const& defaults = {});

    /// Registers or replaces a tenant. No I/O; what is leased stays as it is.
    /// @throws error errc::invalid_dsn, errc::invalid_session, errc::invalid_configuration; nothing
    ///         is changed then
    void set_tenant(std::string id, target const& where);
    /// Registers or replaces a name, likewise.
    void set_named(std::string name, target const& where);

    /// Forgets a tenant or a name; leases and handles stay usable. @return whether it was there
    bool remove_tenant(std::string_view id);
    bool remove_named(std::string_view name);

    bool has_tenant(std::string_view id) const;
    bool has_named(std::string_view name) const;
    std::vector<std::string> tenants() const; ///< in no particular order
    std::vector<std::string> names() const;

    /// The database handle of a tenant or a name. No I/O.
    /// @throws error errc::tenant_not_found, errc::name_not_found
    database tenant(std::string_view id) const;
    database named(std::string_view name) const;

    /// Leases a connection of a tenant or a name: `tenant(id).acquire()`.
    asio::awaitable<lease>
    acquire_tenant(std::string_view id,
                   std::source_location where = std::source_location::current()) const;
    asio::awaitable<lease>
    acquire_named(std::string_view name,
                  std::source_location where = std::source_location::current()) const;

    /// The pool behind a connection string, once a connection has been made.
    /// @throws error errc::invalid_dsn; otherwise as pool::acquire
    asio::awaitable<copg::pool> dsn_pool(std::string dsn_text) const;

    /// Closes every pool: waits end with errc::pool_closed.
    void close() noexcept;

private:
    std::shared_ptr<detail::manager_impl> impl_;
};

} // namespace copg
