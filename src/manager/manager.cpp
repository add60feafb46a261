// SPDX-License-Identifier: BSL-1.0
#include "manager/pool_directory.hpp"
#include "manager/registry.hpp"

#include <copg/base/error.hpp>
#include <copg/manager/manager.hpp>
#include <copg/scope/context_executor.hpp>

#include <fmt/format.h>

namespace copg {
namespace detail {

class manager_impl {
public:
    manager_impl(asio::any_io_executor executor, pool_options const& pool_defaults)
        : pools{std::move(executor)}, defaults{pool_defaults} {}

    std::shared_ptr<registration> make(target const& where, session bound_to, scope_key key) const {
        return std::make_shared<registration>(
            dsn{where.dsn}, std::move(bound_to), std::move(key), where.pool.value_or(defaults));
    }

    pool_directory pools;
    pool_options const defaults;
    registry tenants;
    registry names;
};

} // namespace detail

namespace {

session session_of(target const& where) {
    session bound_to{where.schema};
    return where.role.empty() ? bound_to : bound_to.with_role(where.role);
}

asio::awaitable<pool> verified_pool(std::shared_ptr<detail::manager_impl> manager,
                                    std::string dsn_text) {
    auto made = manager->pools.get(dsn{dsn_text}, manager->defaults);
    auto lease = co_await made.acquire();
    lease.release();
    co_return made;
}

asio::awaitable<lease>
acquire_of(manager routes, scope_key::kind what, std::string key, std::source_location where) {
    auto const tenant = what == scope_key::kind::tenant;
    auto const handle = tenant ? routes.tenant(key) : routes.named(key);
    auto lease = co_await handle.acquire(where);
    co_return lease;
}

} // namespace

// A manager made inside a transaction scope outlives it: it must not keep the scope's context.
manager::manager(asio::any_io_executor const& executor, pool_options const& defaults)
    : impl_{std::make_shared<detail::manager_impl>(leave_scope(executor), defaults.checked())} {}

void manager::set_tenant(std::string id, target const& where) {
    auto bound_to = session_of(where).with_tenant(id);
    auto entry = impl_->make(where, std::move(bound_to), {scope_key::kind::tenant, id});
    impl_->tenants.set(std::move(id), std::move(entry));
}

void manager::set_named(std::string name, target const& where) {
    auto entry = impl_->make(where, session_of(where), {scope_key::kind::named, name});
    impl_->names.set(std::move(name), std::move(entry));
}

bool manager::remove_tenant(std::string_view id) {
    return impl_->tenants.remove(id);
}

bool manager::remove_named(std::string_view name) {
    return impl_->names.remove(name);
}

bool manager::has_tenant(std::string_view id) const {
    return impl_->tenants.has(id);
}

bool manager::has_named(std::string_view name) const {
    return impl_->names.has(name);
}

std::vector<std::string> manager::tenants() const {
    return impl_->tenants.keys();
}

std::vector<std::string> manager::names() const {
    return impl_->names.keys();
}

database manager::tenant(std::string_view id) const {
    auto const found = impl_->tenants.find(id);
    if (found == nullptr)
        throw error{errc::tenant_not_found, fmt::format("tenant pool not found: {}", id)};
    return found->handle(impl_->pools);
}

database manager::named(std::string_view name) const {
    auto const found = impl_->names.find(name);
    if (found == nullptr)
        throw error{errc::name_not_found, fmt::format("named pool not found: {}", name)};
    return found->handle(impl_->pools);
}

asio::awaitable<lease> manager::acquire_tenant(std::string_view id,
                                               std::source_location where) const {
    return acquire_of(*this, scope_key::kind::tenant, std::string{id}, where);
}

asio::awaitable<lease> manager::acquire_named(std::string_view name,
                                              std::source_location where) const {
    return acquire_of(*this, scope_key::kind::named, std::string{name}, where);
}

asio::awaitable<pool> manager::dsn_pool(std::string dsn_text) const {
    return verified_pool(impl_, std::move(dsn_text));
}

void manager::close() noexcept {
    impl_->pools.close_all();
}

} // namespace copg
