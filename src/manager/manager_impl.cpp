// SPDX-License-Identifier: BSL-1.0
#include "manager/manager_impl.hpp"

#include "pool/pool_impl.hpp"

#include <copg/base/error.hpp>
#include <copg/manager/pool_parameters.hpp>

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
    auto leads_to = where.type == database_type::postgres ? route_of(where) : nullptr;
    auto made =
        registration::make(id, std::move(leads_to), where.schema, where.role, details_of(where));
    if (!where.settings.empty())
        made->make_session(what); // throws what is wrong with them
    return made;
}

std::shared_ptr<route const> manager_impl::route_of(target const& where) {
    if (auto known = routes.find(where.dsn, where.pool))
        return known;
    dsn const parsed{where.dsn};
    auto const options = with_pool_parameters(where.pool.value_or(defaults), parsed);
    options.checked();
    return routes.add(
        std::make_shared<route const>(where.dsn, where.pool, options, pools->at(parsed, options)));
}

std::vector<pool> manager_impl::close() noexcept {
    closed_ = true;
    auto made = pools->close();
    tenants.clear();
    names.clear();
    pools->release();
    return made;
}

asio::awaitable<void> verify_pool(pool made) {
    if (made.owner()->impl()->connected())
        co_return;
    auto held = co_await made.acquire();
    held.release();
}

asio::awaitable<void> verify(std::shared_ptr<physical_pool> physical) {
    auto made = physical->get();
    co_await verify_pool(std::move(made));
}

} // namespace copg::detail
