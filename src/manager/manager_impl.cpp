// SPDX-License-Identifier: BSL-1.0
#include "manager/manager_impl.hpp"

#include "manager/option_names.hpp"
#include "pool/pool_impl.hpp"

#include <copg/base/error.hpp>
#include <copg/manager/pool_parameters.hpp>

#include <fmt/format.h>

#include <utility>

namespace copg::detail {
namespace {

std::unique_ptr<registration_details const> details_of(target const& where) {
    if (where.settings.empty() && where.tags.empty() && where.type == database_type::postgres)
        return nullptr;
    auto details = std::make_unique<registration_details>();
    details->settings = where.settings;
    details->tags = where.tags;
    details->type = where.type;
    return details;
}

/// What a target has a word of its own for cannot be said a second time, and differently.
void check_settings(target const& where, bool is_tenant) {
    for (auto const& [name, value] : where.settings) {
        auto lower = name;
        for (auto& c : lower)
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (lower == "search_path" || lower == "role" || lower == "session_authorization" ||
            (is_tenant && lower == "app.current_tenant"))
            throw error{errc::invalid_session,
                        fmt::format("\"{}\" is not a setting of a target: its schema, role and "
                                    "id say it",
                                    name)};
    }
}

} // namespace

manager_impl::manager_impl(asio::any_io_executor executor_, manager_options const& options)
    : executor{std::move(executor_)},
      defaults{options.pools.checked()},
      pools{std::make_shared<pool_directory>(executor, options)},
      identifiers{std::make_shared<identifier_table>()} {}

manager_impl::~manager_impl() {
    pools->release(); // what is retained, it retains for this manager
}

void manager_impl::require_open() const {
    if (closed_.load(std::memory_order_relaxed))
        throw error{errc::manager_closed, "the manager has been shut down"};
}

registration::pointer
manager_impl::register_target(scope_key::kind what, std::string_view id, target const& where) {
    require_open();
    auto const is_tenant = what == scope_key::kind::tenant;
    session::check(where.schema, is_tenant ? id : std::string_view{}, where.role);
    check_settings(where, is_tenant);
    auto leads_to = where.type == database_type::postgres ? route_of(where) : nullptr;
    auto made =
        registration::make(id, std::move(leads_to), where.schema, where.role, details_of(where));
    if (!where.settings.empty())
        made->make_session(what); // throws what is wrong with them
    return made;
}

std::shared_ptr<route const> manager_impl::route_of(target const& where) {
    auto const own_hooks = where.pool && has_hooks(*where.pool);
    if (auto known = own_hooks ? nullptr : routes.find(where.dsn, where.pool))
        return known;
    dsn const parsed{where.dsn};
    auto const options = with_pool_parameters(where.pool.value_or(defaults), parsed);
    options.checked();
    auto const fresh = std::make_shared<route const>(
        where.dsn, where.pool, options, pools->at(parsed, options, !own_hooks));
    return own_hooks ? fresh : routes.add(fresh);
}

void manager_impl::add(scope_key::kind what, registration::pointer const& entry) {
    registry_of(what).set(entry);
    require_open(); // else it was not taken
}

database manager_impl::open(scope_key::kind what, std::string_view id) {
    require_open();
    if (auto opened = registry_of(what).open(id))
        return *std::move(opened);
    require_open(); // it may have gone with all others
    registry_of(what).throw_not_found(id);
}

registration::pointer manager_impl::get(scope_key::kind what, std::string_view id) {
    require_open();
    if (auto found = registry_of(what).find(id))
        return found;
    require_open();
    registry_of(what).throw_not_found(id);
}

std::vector<std::shared_ptr<pool_impl>> manager_impl::close() noexcept {
    closed_ = true;
    auto made = pools->close();
    tenants.close();
    names.close();
    pools->release();
    return made;
}

asio::awaitable<void> verify_pool(pool made) {
    if (made.owner()->impl()->connected())
        co_return;
    auto held = co_await made.acquire();
    held.release();
}

} // namespace copg::detail
