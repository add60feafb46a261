// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <copg/manager/manager_options.hpp>
#include <copg/manager/manager_reports.hpp>
#include <copg/manager/monitor.hpp>
#include <copg/manager/named_connection.hpp>
#include <copg/manager/pool_handle.hpp>
#include <copg/manager/target.hpp>
#include <copg/pool/pool.hpp>
#include <copg/scope/database.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace copg {

namespace detail {
class manager_impl;
}

/// Prepares what a tenant needs, over a connection of its pool under the DSN's own user and path;
/// the reference holds until what it returns has ended. Make it in a statement of its own: GCC 12
/// destroys a lambda with captures twice that is converted inside an awaiting expression.
using tenant_setup = std::function<asio::awaitable<void>(lease&)>;

/// Routes tenants, names, identifiers and connection strings to shared pools.
///
/// Equal connection strings share one pool, however they are spelled (see dsn); only the session
/// differs. A pool is made at its first use, once however many want it, and closed when no tenant,
/// name, identifier, handle or lease needs it any more. Until it has had a connection, whoever
/// waits for one hears of the first failure to connect (pool_options::verify_first); when the
/// next attempt is due, the next one who wants it makes it. No lock is held while anything waits: a
/// pool that is exhausted or unreachable delays nobody else.
///
/// Tenants, names and identifiers are separate: the same text may stand in all. Tenants and names
/// are exact, any text without NUL. A tenant's id is also the value of the setting
/// `app.current_tenant` in its statements.
///
/// The pools are the manager's to close: who closes one through a handle closes it for all that
/// leads there.
///
/// Scopes know names and tenants by their text: of two managers that use the same ones, handles are
/// not to be mixed in one scope (errc::scope_conflict).
///
/// A manager object is a handle; copies share the registrations. Thread safety: every function may
/// be called from any thread, on shared objects too. Lifetime: the executor's context must outlive
/// the manager and all that came from it. After shutdown() or close() every function that leads to
/// a connection throws errc::manager_closed.
class COPG_API manager {
public:
    /// @param executor  where the connections' I/O runs
    /// @param options   or pool_options, for the pools
    /// @throws error errc::invalid_configuration
    explicit manager(asio::any_io_executor const& executor, manager_options const& options = {});

    // Tenants and names.

    /// Registers or replaces a tenant. No I/O; what is leased, and handles that are out, stay as
    /// they are. Setting what is set already changes nothing.
    /// @throws error errc::invalid_dsn, errc::invalid_session, errc::invalid_configuration; nothing
    ///         is changed then
    void set_tenant(std::string_view id, target const& where);
    /// Registers or replaces a name, likewise.
    void set_named(std::string_view name, target const& where);

    /// Registers a pool that somebody else made; the manager neither closes nor drains it.
    /// named_target() of it tells its connection string alone; statistics() and health_check()
    /// leave it out, get() has its own.
    void adopt_pool(std::string_view name, pool const& adopted, session const& bound_to = {});

    /// Forgets a tenant or a name; leases and handles stay usable. @return whether it was there
    bool remove_tenant(std::string_view id);
    bool remove_named(std::string_view name);

    bool has_tenant(std::string_view id) const;
    bool has_named(std::string_view name) const;
    std::vector<std::string> tenants() const; ///< a copy, in no particular order
    std::vector<std::string> names() const;

    /// What was set, a copy; holds the password. @throws error errc::tenant_not_found
    target tenant_target(std::string_view id) const;
    /// @throws error errc::name_not_found
    target named_target(std::string_view name) const;

    /// The database handle of a tenant or a name. No I/O.
    /// @throws error errc::tenant_not_found, errc::name_not_found; errc::not_sql_database,
    ///         errc::unsupported_database; what the pool_factory throws
    database tenant(std::string_view id) const;
    database named(std::string_view name) const;

    /// Leases a connection of a tenant or a name: `tenant(id).acquire()`.
    asio::awaitable<lease>
    acquire_tenant(std::string_view id,
                   std::source_location where = std::source_location::current()) const;
    asio::awaitable<lease>
    acquire_named(std::string_view name,
                  std::source_location where = std::source_location::current()) const;

    /// Connects, runs the set-up, looks whether the tenant can be used (its schema must exist by
    /// then), and registers it: nobody meets a tenant that is half set up. When anything fails, or
    /// the call is cancelled, the registration is what it was. What the set-up has done stays: let
    /// it run in a transaction.
    /// @throws as set_tenant, at once; as pool::acquire; what the set-up throws; sql_error 3F000
    ///         when there is no such schema
    asio::awaitable<void>
    onboard_tenant(std::string_view id, target_ref where, tenant_setup set_up = {});

    /// Connects and registers a name; likewise.
    asio::awaitable<void> onboard_named(std::string_view name, target_ref where);

    /// Forgets a tenant, and waits until the leases of its session have been given back, for at
    /// most the grace. Nothing is stopped, and handles that are out, and who waits for a
    /// connection, can still begin anew. Cancellation: the wait ends, the tenant is forgotten.
    asio::awaitable<departure_report>
    offboard_tenant(std::string_view id,
                    std::chrono::milliseconds grace = std::chrono::milliseconds{0});

    /// Connects to a new target and looks whether the tenant can be used there; then replaces the
    /// tenant's target, and waits as offboard_tenant() for what is out on the former one. When
    /// anything fails before, nothing has changed.
    /// @throws as onboard_tenant; error errc::tenant_not_found, also when it goes meanwhile
    asio::awaitable<departure_report>
    migrate_tenant(std::string_view id,
                   target_ref where,
                   std::chrono::milliseconds grace = std::chrono::milliseconds{0});

    // Identifiers and connection strings.

    /// A counted reference to the pool of an identifier (see normalize_identifier), once a
    /// connection has been made. The same identifier with the same target gives a further reference
    /// to the same pool, without traffic.
    /// @throws error errc::identifier_conflict, at once, when the identifier is in use with another
    ///         target, session or options; as set_named, at once; as pool::acquire
    asio::awaitable<pool_handle> create_pool(std::string_view identifier, target_ref where) const;

    /// The pool behind a connection string, once a connection has been made.
    /// @throws error errc::invalid_dsn, at once; as pool::acquire
    asio::awaitable<copg::pool> dsn_pool(std::string dsn_text) const;

    // All names.

    /// @throws error errc::name_not_found
    named_connection get(std::string_view name) const;
    std::vector<named_connection> all() const; ///< sorted by name
    /// Those that have all of these tags.
    std::vector<named_connection> find(std::map<std::string, std::string> const& tags) const;

    /// What default_connection() gives from now on. @throws error errc::name_not_found
    void set_default(std::string_view name);
    /// @throws error errc::no_default_connection; errc::name_not_found when it has been removed
    named_connection default_connection() const;

    /// Makes a connection for every name, side by side; those that have one are left alone. What
    /// it closes when it fails, it closes as pool::refresh(): a pool with a minimum goes on trying.
    /// Cancellation: passed on to each; ends with operation_aborted.
    /// Names of other types than postgres have failed in what is returned, and make nothing else
    /// fail.
    /// @return what became of each, by name
    /// @throws error with the code of the first failure and the text of all, when mode says so
    asio::awaitable<std::vector<connect_result>>
    connect_all(connect_mode mode = connect_mode::all_or_nothing) const;

    // The whole.

    /// Of a moment; each pool's is consistent. Does not wait.
    manager_statistics statistics() const;

    /// What a copg::monitor asks: the pools by their targets. Does not keep the manager.
    monitor_source statistics_source() const;

    /// Checks all pools that have been made now, 16 side by side, each within
    /// health_options::timeout; see pool_health. The checks' connections are outside every bound. A
    /// pool that is closed meanwhile is disconnected. Cancellation: not heeded, the timeout bounds
    /// it.
    asio::awaitable<std::vector<health_report>> health_check() const;

    /// Replaces the connections of a name's pool, once a new one has been made; as copg::reconnect.
    /// @throws error errc::name_not_found; as manager::named, at once
    asio::awaitable<void> reconnect(std::string_view name) const;

    /// Forgets all tenants and names, ends every wait with errc::pool_closed, and waits until every
    /// lease has been given back. What is in use after the grace is stopped on the server, and its
    /// connection closed. Several may call at once: all get what the first one reports. Adopted
    /// pools are left alone. Cancellation: not heeded once it has begun, the grace bounds it.
    asio::awaitable<shutdown_report> shutdown(std::chrono::milliseconds grace);

    /// The same without waiting: connections in use are closed when they are given back.
    void close() noexcept;

private:
    std::shared_ptr<detail::manager_impl> impl_;
};

} // namespace copg
