// SPDX-License-Identifier: BSL-1.0
#include "manager/manager_impl.hpp"

#include <copg/base/context_executor.hpp>
#include <copg/manager/manager.hpp>

namespace copg {
namespace {

using kind = scope_key::kind;

asio::awaitable<lease>
acquire_of(manager routes, kind what, std::string key, std::source_location where) {
    auto const handle = what == kind::tenant ? routes.tenant(key) : routes.named(key);
    auto lease = co_await handle.acquire(where);
    co_return lease;
}

} // namespace

// A manager made inside a transaction scope outlives it: it must not keep the scope's context.
manager::manager(asio::any_io_executor const& executor, manager_options const& options)
    : impl_{std::make_shared<detail::manager_impl>(leave_scope(executor), options)} {}

void manager::set_tenant(std::string_view id, target const& where) {
    impl_->add(kind::tenant, impl_->register_target(kind::tenant, id, where));
}

void manager::set_named(std::string_view name, target const& where) {
    impl_->add(kind::named, impl_->register_target(kind::named, name, where));
}

void manager::adopt_pool(std::string_view name, pool const& adopted, session const& bound_to) {
    impl_->require_open();
    session::check({}, name, {});
    auto details = std::make_unique<detail::registration_details>();
    details->bound_to = bound_to;
    auto leads_to = std::make_shared<detail::route const>(
        adopted.target().target().canonical_key(),
        std::nullopt,
        adopted.options(),
        std::make_shared<detail::physical_pool>(adopted, impl_->pools->health()));
    impl_->add(kind::named,
               detail::registration::make(name, std::move(leads_to), {}, {}, std::move(details)));
}

bool manager::remove_tenant(std::string_view id) {
    return impl_->tenants.remove(id) != nullptr;
}

bool manager::remove_named(std::string_view name) {
    return impl_->names.remove(name) != nullptr;
}

bool manager::has_tenant(std::string_view id) const {
    return impl_->tenants.has(id);
}

bool manager::has_named(std::string_view name) const {
    return impl_->names.has(name);
}

std::vector<std::string> manager::tenants() const {
    return impl_->tenants.ids();
}

std::vector<std::string> manager::names() const {
    return impl_->names.ids();
}

target manager::tenant_target(std::string_view id) const {
    return impl_->get(kind::tenant, id)->make_target();
}

target manager::named_target(std::string_view name) const {
    return impl_->get(kind::named, name)->make_target();
}

database manager::tenant(std::string_view id) const {
    return impl_->open(kind::tenant, id);
}

database manager::named(std::string_view name) const {
    return impl_->open(kind::named, name);
}

asio::awaitable<lease> manager::acquire_tenant(std::string_view id,
                                               std::source_location where) const {
    return acquire_of(*this, kind::tenant, std::string{id}, where);
}

asio::awaitable<lease> manager::acquire_named(std::string_view name,
                                              std::source_location where) const {
    return acquire_of(*this, kind::named, std::string{name}, where);
}

} // namespace copg
